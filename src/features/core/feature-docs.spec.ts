import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentDefinition } from './agents/agent-rule.js';
import { AGENTS } from './agents/agent-sets.js';
import {
  AP_CONTACT,
  ASSOCIATION,
  AUTH_FAILURE,
  BEACON,
  CLIENT,
  CONNECT,
  DISASSOCIATION,
  DISCONNECT,
  EVENT_CLASSES,
  eventClassId,
  eventGroups,
  JOIN,
  FORGED,
  JOINED,
  LINK_LOST,
  RADAR,
  RESTART,
  VOLUNTARY,
  WEAK,
  WIFI,
} from './event-class.js';
import type { RuleConditions } from './event-conditions.js';
import { STATION_RULES, TOKEN_PREFIX_RULES, TOKEN_RULES, WPA_RULES, type EventRule } from './event-rules.js';
import { BROADCOM_RULES, DHCP_RULES, KERNEL_RULES, SYSTEM_RULES } from './event-rules-system.js';
import { CATALOGUE_VERSION, FEATURE_CATALOGUE, type FeatureDefinition } from './feature-catalogue.js';
import { featureSet, featureSetNames } from './feature-sets.js';

const PAGE = join(import.meta.dirname, '../../../docs/features.md');
const START = '<!-- catalogue:start -->';
const END = '<!-- catalogue:end -->';

const code = (text: string): string => `\`${text}\``;
/** A star in a text would begin an emphasis; between backticks it does not, and a backslash would be shown. */
const escaped = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('*', '\\*') : part))
    .join('`');
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Position of a feature in each set, as `wifi 3, system 5`; by identity, agents use some names for something else. */
function positions(feature: FeatureDefinition): string {
  return featureSetNames()
    .flatMap((set) => {
      const column = featureSet(set).features.indexOf(feature);
      return column < 0 ? [] : [`${set} ${column + 1}`];
    })
    .join(', ');
}

function flags({ rareEvent, clock }: FeatureDefinition): string {
  return [rareEvent ? 'rare' : '', clock ? 'clock' : ''].filter((flag) => flag !== '').join(', ');
}

function definition({ name, definition: text, categories }: FeatureDefinition): string {
  const codes = Object.entries(categories ?? {}).map(([label, value]) => `${value} = ${label}`);
  return `- ${code(name)}: ${escaped(text)}${codes.length === 0 ? '' : ` Codes: ${codes.join(', ')}.`}`;
}

function agentTable({ name, programs, features }: AgentDefinition): string {
  const rows = features.map((feature, index) => [
    String(index + 1),
    code(feature.name),
    feature.unit,
    flags(feature),
    escaped(feature.definition).replaceAll('|', '\\|'),
  ]);
  const title = `#### ${name}: lines of ${programs.map(code).join(', ')}`;
  return `${title}\n\n${table(['column', 'feature', 'unit', 'flags', 'definition'], rows)}`;
}

const GROUPS: readonly (readonly [string, number])[] = [
  ['WiFi', WIFI],
  ['join', JOIN],
  ['link up', CONNECT],
  ['link lost', DISCONNECT],
  ['disassociation', DISASSOCIATION],
  ['refused', AUTH_FAILURE],
  ['beacon', BEACON],
  ['lost once', LINK_LOST],
  ['association', ASSOCIATION],
  ['radar', RADAR],
  ['restart', RESTART],
  ['access point contacted', AP_CONTACT],
  ['names a client', CLIENT],
  ['left', VOLUNTARY],
  ['got on', JOINED],
  ['forged', FORGED],
  ['weak', WEAK],
];

function classRow(name: (typeof EVENT_CLASSES)[number]): string[] {
  const groups = eventGroups(eventClassId(name), { status: 0, reason: 0 });
  return [code(name), ...GROUPS.map(([, bit]) => ((groups & bit) !== 0 ? 'x' : ''))];
}

const RULE_TABLES: readonly (readonly [string, readonly EventRule[]])[] = [
  ['Event words of hostapd and wpa_supplicant (the whole word in `<interface>: WORD ...`)', TOKEN_RULES],
  ['Beginnings of event words that are none of those', TOKEN_PREFIX_RULES],
  ['hostapd about a station (directly after `<interface>: STA <address> `)', STATION_RULES],
  ['Sentences of hostapd and wpa_supplicant', WPA_RULES],
  ['Kernel and drivers', KERNEL_RULES],
  ['Broadcom and ASUS', BROADCOM_RULES],
  ['DHCP and DNS', DHCP_RULES],
  ['System, whatever program writes it', SYSTEM_RULES],
];

const NEXT = { address: 'directly behind it an address', capital: 'directly behind it a capital letter' };
const PLACE = {
  start: 'at the beginning of the line',
  end: 'at the end of the line',
  interface: 'at the end of the line, behind the name of an interface and nothing else',
};

function conditions({ also, next, place, notAfter }: RuleConditions): string[] {
  return [
    place === undefined ? '' : PLACE[place],
    notAfter === undefined ? '' : `not behind ${code(notAfter)}`,
    next === undefined ? '' : NEXT[next],
    also === undefined ? '' : `anywhere in the line also ${also.map(code).join(' or ')}`,
  ].filter((text) => text !== '');
}

function wordings([title, rules]: (typeof RULE_TABLES)[number]): string {
  const lines = rules.map(({ class: name, needles, when }) => {
    const needleList = needles.map((needle) => code(needle)).join(', ');
    return `- ${code(name)}: ${[needleList, ...conditions(when ?? {})].join('; ')}`;
  });
  return `#### ${title}\n\n${lines.join('\n')}\n`;
}

/** `UPDATE_DOCS=1` writes it into the page; the difference is then reviewed. */
function render(): string {
  const features = [...FEATURE_CATALOGUE.values()];
  return [
    `Catalogue version ${CATALOGUE_VERSION}: ${features.length} features, ${EVENT_CLASSES.length} event classes.`,
    '### Features',
    table(
      ['feature', 'kind', 'unit', 'without a measurement', 'flags', 'column in'],
      features.map((feature) => [
        code(feature.name),
        feature.kind,
        feature.unit,
        feature.missing === 'nan' ? 'missing' : '0',
        flags(feature),
        positions(feature),
      ]),
    ),
    '### Definitions',
    features.map(definition).join('\n'),
    '### Columns of the agents',
    AGENTS.map(agentTable).join('\n\n'),
    '### Event classes',
    table(
      ['class', ...GROUPS.map(([title]) => title)],
      EVENT_CLASSES.map((name) => classRow(name)),
    ),
    '### What makes a line an event',
    RULE_TABLES.map(wordings).join('\n'),
  ].join('\n\n');
}

/** Prettier pads cells and escapes; what is between the bars is what counts. */
const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

describe('docs/features.md', () => {
  it('holds the catalogue, the feature sets and the event rules as the code has them', () => {
    const page = readFileSync(PAGE, 'utf8');
    const [before, rest] = page.split(START);
    const [shown, after] = rest.split(END);
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(PAGE, `${before}${START}\n\n${render()}\n${END}${after}`);
    }
    expect(squeeze(shown)).toBe(squeeze(render()));
  });
});
