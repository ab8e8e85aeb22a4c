import { Link } from 'wouter';
import type { Finding, ValidationReport } from '../../api/types.js';
import { count, percent } from '../../format/numbers.js';
import { duration, moment } from '../../format/times.js';
import { Card } from '../../ui/card.js';
import { Notice } from '../../ui/notice.js';
import { Stats } from '../../ui/stats.js';

/** The validation report in plain words, with the records it is about. */
export function ReportView({ report }: { readonly report: ValidationReport }) {
  const { stats, errors, warnings } = report;
  return (
    <>
      <Verdict report={report} />
      <Card title="What is in it">
        <Stats
          items={[
            { name: 'Log lines', value: count(stats.log_count), note: `${count(stats.invalid_logs)} not usable` },
            { name: 'WiFi lines', value: percent(stats.wifi_ratio), note: count(stats.wifi_logs) },
            { name: 'Devices', value: count(stats.device_count) },
            {
              name: 'Time span',
              value: duration(stats.time_range_days * 86_400),
              note: stats.start === null ? undefined : `${moment(stats.start)} to ${moment(stats.end)}`,
            },
            { name: '5-minute windows', value: count(stats.non_empty_windows), note: 'with log lines' },
            { name: 'Gaps', value: count(stats.gaps.count), note: 'longer than one hour' },
          ]}
        />
      </Card>
      {[...errors, ...warnings].length > 0 && (
        <Card title="Findings">
          <div className="stack">
            {errors.map((finding) => (
              <FindingView key={finding.code} finding={finding} tone="bad" />
            ))}
            {warnings.map((finding) => (
              <FindingView key={finding.code} finding={finding} tone="warn" />
            ))}
          </div>
        </Card>
      )}
      <Programs report={report} />
    </>
  );
}

function Verdict({ report }: { readonly report: ValidationReport }) {
  const { is_valid: isValid, errors, warnings } = report;
  if (!isValid) {
    return (
      <Notice tone="bad" title="No model can be trained on this export">
        {errors.map(({ message }) => message).join(' ')} Export a longer time or another selection, then upload it.
      </Notice>
    );
  }
  return (
    <Notice tone="good" title="Good enough to train on">
      {warnings.length === 0
        ? 'Every record was read and nothing stood out.'
        : `Every record was read; ${warnings.length === 1 ? 'one thing' : `${warnings.length} things`} stood out, see below.`}{' '}
      <Link href="/trainings/new">Start a training</Link>.
    </Notice>
  );
}

function FindingView({ finding, tone }: { readonly finding: Finding; readonly tone: 'bad' | 'warn' }) {
  const { code, message, count: times, examples } = finding;
  return (
    <div className="stack-tight">
      <div className="row">
        <span className={`badge badge-${tone}`}>{tone === 'bad' ? 'error' : 'warning'}</span>
        <code>{code}</code>
        <span className="soft small">{count(times)} times</span>
      </div>
      <p>{message}</p>
      {examples.length > 0 && (
        <details>
          <summary>First {examples.length === 1 ? 'record' : `${examples.length} records`}</summary>
          <div className="scroll-x">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col" className="right">
                    Record
                  </th>
                  <th scope="col" className="right hide-narrow">
                    Byte
                  </th>
                  <th scope="col">What</th>
                </tr>
              </thead>
              <tbody>
                {examples.map(({ record_index: record, byte_offset: byte, detail }) => (
                  <tr key={`${record} ${byte}`}>
                    <td className="right">{count(record)}</td>
                    <td className="right hide-narrow">{count(byte)}</td>
                    <td className="wrap">{detail}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  );
}

function Programs({ report: { stats } }: { readonly report: ValidationReport }) {
  if (stats.programs.length === 0) return null;
  const shown = stats.programs.slice(0, 8);
  const most = shown[0].logs;
  return (
    <Card title="Programs">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Program</th>
            <th scope="col" className="right">
              Lines
            </th>
            <th scope="col" className="hide-narrow">
              Share of all lines
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ program, logs }) => (
            <tr key={program}>
              <th scope="row">{program}</th>
              <td className="right">{count(logs)}</td>
              <td className="hide-narrow" style={{ width: '45%' }}>
                <div className="bar" style={{ width: `${(logs / most) * 80}%` }} />
                <span className="small">{percent(logs / stats.log_count)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {stats.program_count > shown.length && (
        <p className="soft small">and {stats.program_count - shown.length} others</p>
      )}
    </Card>
  );
}
