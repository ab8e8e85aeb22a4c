import type { Setting } from '../../api/service-types.js';

export const isSet = ({ source }: Setting): boolean => source !== 'default';

/** As text: what is not set is said so, a list or map as JSON. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'not set';
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value.length === 0 ? 'empty' : value.join(', ');
  return JSON.stringify(value);
}

/** Settings in which every word is found: in the name, the value, the origin or the meaning. */
export function matching(items: readonly Setting[], text: string, onlySet: boolean): Setting[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => {
    if (onlySet && !isSet(item)) return false;
    const all = `${item.key} ${valueText(item.value)} ${item.source} ${item.meaning}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

export interface SettingGroup {
  readonly name: string;
  readonly items: readonly Setting[];
}

/** By the first part of the name, in the order of the service. */
export function grouped(items: readonly Setting[]): SettingGroup[] {
  const groups = new Map<string, Setting[]>();
  for (const item of items) {
    const name = item.key.includes('.') ? item.key.split('.', 1)[0] : 'general';
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups].map(([name, members]) => ({ name, items: members }));
}
