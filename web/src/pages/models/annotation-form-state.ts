import type { ModelPatch } from '../../api/model-changes.js';

export interface Tag {
  /** Of the row of the form: names change while somebody types. */
  readonly key: number;
  readonly name: string;
  readonly value: string;
}

export interface Annotations {
  readonly notes: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const tagRows = (tags: Annotations['tags']): Tag[] =>
  Object.entries(tags).map(([name, value], key) => ({ key, name, value }));

/** What has to be written so that `before` becomes what the form says; rows without a name say nothing. */
export function patchOf(before: Annotations, notes: string, rows: readonly Tag[]): ModelPatch {
  const wanted = new Map(
    rows.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );
  const tags: Record<string, string | null> = {};
  for (const name of Object.keys(before.tags)) if (!wanted.has(name)) tags[name] = null;
  for (const [name, value] of wanted) if (before.tags[name] !== value) tags[name] = value;
  return {
    ...(notes === before.notes ? {} : { notes }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

const MOST_SHOWN = 60;

function start(text: string): string {
  if (text === '') return 'none';
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** The exact effect of a patch, a line each. */
export function effectsOf(before: Annotations, { notes, tags = {} }: ModelPatch): string[] {
  return [
    ...(notes === undefined ? [] : [`notes: ${start(before.notes)} → ${start(notes)}`]),
    ...Object.entries(tags).map(([name, value]) => {
      if (value === null) return `tag ${name} is removed`;
      return name in before.tags
        ? `tag ${name}: ${before.tags[name]} → ${value}`
        : `tag ${name} is added: ${value}`;
    }),
  ];
}

/** A name that stands twice: one of them would be lost. */
export function repeatedName(rows: readonly Tag[]): string | undefined {
  const names = rows.map(({ name }) => name.trim()).filter((name) => name !== '');
  return names.find((name, i) => names.indexOf(name) !== i);
}
