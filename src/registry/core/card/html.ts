/** A piece of HTML that is safe to put into a page. Only `html` makes one. */
export class Html {
  constructor(readonly text: string) {}
}

export type Fragment = Html | string | number | null | readonly Fragment[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for elements and quoted attributes. Control characters and those that turn the direction of a line are shown as
 * their code: a device may call itself anything.
 */
export function escapeText(text: string): string {
  return text
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replace(/[&<>"']/g, (char) => ESCAPES[char]);
}

function render(value: Fragment): string {
  if (value === null) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? escapeText(value) : value.map(render).join('');
}

/** Template tag: everything put in is escaped, unless it is HTML already. */
export function html(parts: TemplateStringsArray, ...values: Fragment[]): Html {
  return new Html(parts.map((part, i) => (i === 0 ? part : render(values[i - 1]) + part)).join(''));
}

export interface TableOptions {
  /** Columns of numbers, aligned to the right. */
  readonly numeric?: readonly number[];
  /** On a narrow page each row becomes a list of its cells. */
  readonly stacked?: boolean;
}

/** A table that a screen reader can name; a wide one scrolls by itself, its caption does not. */
export function htmlTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly Fragment[])[],
  { numeric = [], stacked = false }: TableOptions = {},
): Html {
  const kind = (column: number): string => (numeric.includes(column) ? 'number' : 'text');
  const head = headings.map((heading, i) => html`<th scope="col" class="${kind(i)}">${heading}</th>`);
  const cell = (value: Fragment, i: number): Html =>
    i === 0
      ? html`<th scope="row" class="${kind(i)}">${value}</th>`
      : html`<td class="${kind(i)}" data-label="${headings[i]}">${value}</td>`;
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map(cell)}
      </tr>`,
  );
  return html`<div class="table">
    <p class="caption" aria-hidden="true">${caption}</p>
    <div class="scroll" role="region" aria-label="${caption}" tabindex="0">
      <table aria-label="${caption}" class="${stacked ? 'stacked' : 'plain'}">
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
  </div>`;
}

/** Names and values, for facts that are no table. */
export function factList(facts: readonly (readonly [name: string, value: Fragment])[]): Html {
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
