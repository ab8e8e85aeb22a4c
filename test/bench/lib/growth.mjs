// Does time grow with the bytes, and memory not at all with the records and little with the days?
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeExport } from './exports.mjs';
import { round } from './processes.mjs';
import { median } from './report.mjs';

/**
 * The job itself, `factor` times the records in the same days, and `factor` times the records in as many times the
 * days; one file on the disk at a time, two threads.
 */
export async function growth({ installation, directory, job, factor, rounds, say }) {
  const jobs = {
    base: job,
    records: { ...job, entries: job.entries * factor },
    days: { ...job, entries: job.entries * factor, days: job.days * factor },
  };
  const rows = [];
  for (const [name, options] of Object.entries(jobs)) {
    const file = join(directory, `growth-${name}.json`);
    say(`Growth: writing ${options.entries} records of ${options.days} days`);
    await writeExport(file, options);
    const runs = [];
    for (let i = 0; i < rounds; i++) {
      runs.push(await installation.train(file, 2));
      say(`Growth, ${name}: ${runs[i].wall_s} s, ${runs[i].peak_rss_mb} MB`);
    }
    const wall = median(runs.map((run) => run.wall_s));
    rows.push({
      name,
      records: options.entries,
      days: options.days,
      bytes: statSync(file).size,
      wall_s: wall,
      peak_rss_mb: Math.max(...runs.map((run) => run.peak_rss_mb)),
    });
    rmSync(file);
  }
  const [base] = rows;
  return {
    factor,
    // Without what every command costs, however small its export: start-up, database, artifacts.
    jobs: rows.map((row) => ({
      ...row,
      times_bytes: round(row.bytes / base.bytes, 2),
      times_wall: round(row.wall_s / base.wall_s, 2),
      // 1 = linear; below 1, because the start of the command is paid once.
      wall_per_byte: round(row.wall_s / base.wall_s / (row.bytes / base.bytes), 2),
      linear: row.wall_s / base.wall_s <= 1.15 * (row.bytes / base.bytes),
    })),
  };
}
