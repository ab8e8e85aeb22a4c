import { labelSpelling, type LabelSpelling } from './table-cells.js';
import { shown, tableError, type TablePlace } from './table-error.js';

const SPELLINGS: readonly LabelSpelling[] = ['zero', 'one', 'minus_one', 'normal', 'anomaly'];
const HINT =
  "A label is 0 or 1, true or false, yes or no, normal or anomaly, or scikit-learn's -1 (anomaly) and 1 (normal).";

/** The label column: 1 = anomaly. What 1 means is known only at the end: with a -1 anywhere it is scikit-learn's. */
export class TableLabels {
  private spelt = new Uint8Array(1024);
  private count = 0;
  /** Where each spelling came first. */
  private readonly first = new Map<LabelSpelling, TablePlace>();

  constructor(private readonly column: string) {}

  take(row: TablePlace, text: string): void {
    const spelling = labelSpelling(text);
    if (spelling === undefined) {
      const place = { ...row, column: this.column, value: text };
      throw tableError(place, 'not_a_label', `${shown(text)} is not a label`, HINT);
    }
    if (!this.first.has(spelling)) this.first.set(spelling, { ...row, column: this.column, value: text });
    if (this.count === this.spelt.length) {
      const larger = new Uint8Array(this.count * 2);
      larger.set(this.spelt);
      this.spelt = larger;
    }
    this.spelt[this.count++] = SPELLINGS.indexOf(spelling);
  }

  /** Row -> 1 = anomaly, 0 = normal. */
  finish(): Uint8Array {
    const signed = this.first.has('minus_one');
    if (signed) this.assertSigned();
    const anomalies: readonly LabelSpelling[] = signed ? ['minus_one'] : ['one', 'anomaly'];
    const isAnomaly = SPELLINGS.map((spelling) => (anomalies.includes(spelling) ? 1 : 0));
    return Uint8Array.from(this.spelt.subarray(0, this.count), (spelling) => isAnomaly[spelling]);
  }

  private assertSigned(): void {
    for (const [spelling, place] of this.first) {
      if (spelling === 'minus_one' || spelling === 'one') continue;
      const message = `${shown(place.value ?? '')} stands in a column that also holds -1`;
      throw tableError(place, 'mixed_labels', message, HINT);
    }
  }
}
