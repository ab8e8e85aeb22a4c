import { Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useSettings } from '../../api/service-queries.js';
import type { Setting, Settings } from '../../api/service-types.js';
import { plural } from '../../format/numbers.js';
import { shortHash } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { PageHead } from '../../ui/page-head.js';
import { MarkedText } from './marked-text.js';
import { grouped, isSet, matching, valueText } from './setting-filter.js';
import './settings.css';

export default function SettingsPage() {
  const settings = useSettings();
  return (
    <>
      <PageHead title="Settings">
        What this service works with now, and where each value is from. They are changed in the files and
        variables named here, not over the network; secrets are shown as <code>***</code>.
      </PageHead>
      <Loaded query={settings} lines={10}>
        {(data) => <AllSettings settings={data} />}
      </Loaded>
    </>
  );
}

function AllSettings({ settings }: { readonly settings: Settings }) {
  const { items, warnings, config_hash: hash } = settings;
  const [text, setText] = useState('');
  const [onlySet, setOnlySet] = useState(false);
  const found = matching(items, text, onlySet);
  return (
    <div className="stack">
      {warnings.length > 0 && (
        <Notice tone="warn" title="Settings without effect">
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Notice>
      )}
      <section className="card stack" aria-label="Filter">
        <div>
          <TextInput
            maw={520}
            label="Find"
            placeholder="contamination, api, TRAINING_…"
            description="Words of the name, the value, the origin or the meaning"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
        </div>
        <Checkbox
          label="Only what a file, variable or option sets"
          checked={onlySet}
          onChange={(event) => {
            setOnlySet(event.currentTarget.checked);
          }}
        />
        <p className="small soft" role="status">
          {plural(found.length, 'setting')} of {items.length}. Fingerprint of what shapes a model:{' '}
          <code title={hash}>{shortHash(hash)}</code>
        </p>
      </section>
      {found.length === 0 && (
        <section className="card">
          <Empty title="No setting is like this">Try fewer words, or a part of a name.</Empty>
        </section>
      )}
      {grouped(found).map((group) => (
        <Card key={group.name} title={group.name}>
          <ul className="settings">
            {group.items.map((setting) => (
              <SettingRow key={setting.key} setting={setting} />
            ))}
          </ul>
        </Card>
      ))}
    </div>
  );
}

function SettingRow({ setting }: { readonly setting: Setting }) {
  const { key, value, source, meaning, expected } = setting;
  return (
    <li>
      <code className="wrap setting-key">{key}</code>
      <div className="setting-value">
        <div className={value === null ? 'wrap soft' : 'wrap mono'}>{valueText(value)}</div>
        <div className="small soft wrap">{isSet(setting) ? `from ${source}` : 'default, nobody set it'}</div>
      </div>
      <div className="setting-meaning small soft">
        <p>
          <MarkedText text={meaning} />
        </p>
        <p>Must be {expected}.</p>
      </div>
    </li>
  );
}
