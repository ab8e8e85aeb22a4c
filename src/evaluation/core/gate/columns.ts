import { trainingConstants } from '../matrix-rows.js';
import type { ColumnIdentity, GateCheck, GateContext } from './gate-check.js';

const MAX_VARYING_SHARE = 0.05;
/** Below two days of data a training part may hold one weekday only, by the calendar and not by a fault. */
const CALENDAR_SPAN_SECONDS = 2 * 86_400;

function identityProblem(expected: ColumnIdentity, actual: ColumnIdentity): string | null {
  const length = Math.max(expected.featureNames.length, actual.featureNames.length);
  for (let i = 0; i < length; i++) {
    if (expected.featureNames[i] === actual.featureNames[i]) continue;
    const name = (names: readonly string[]): string => (i < names.length ? `"${names[i]}"` : 'nothing');
    return `Column ${i + 1} is ${name(actual.featureNames)} in the model, but ${name(expected.featureNames)} in the feature set`;
  }
  return expected.featureHash === actual.featureHash
    ? null
    : 'The model has the columns of the feature set, but another feature hash: their definitions differ';
}

/** Share of the held-out windows whose extracted value is present and not `constant`. */
function varyingShare({ holdout, holdoutExtracted }: GateContext, column: number, constant: number): number {
  let varying = 0;
  for (let row = 0; row < holdout.rows; row++) {
    const value = holdoutExtracted[row * holdout.columns + column];
    if (!Number.isNaN(value) && value !== constant) varying++;
  }
  return varying / holdout.rows;
}

/** Columns that training never moved (name -> share of held-out windows in which they do move), worst first. */
function blindColumns(context: GateContext): { name: string; share: number }[] {
  const shortSpan = context.data.spanSeconds !== null && context.data.spanSeconds < CALENDAR_SPAN_SECONDS;
  const constants = trainingConstants(context);
  return context.features
    .flatMap((feature, column) => {
      if (feature.rareEvent || (feature.clock && shortSpan)) return [];
      const constant = constants[column];
      if (Number.isNaN(constant)) return [];
      return [{ name: feature.name, share: varyingShare(context, column, constant) }];
    })
    .sort((a, b) => b.share - a.share);
}

/** D: the columns are the feature set's, in its order, and none was dead in training that lives afterwards. */
export const columns: GateCheck = {
  id: 'D',
  name: 'columns complete and in order',
  run: (context) => {
    const outcome = { skipped: false, limit: MAX_VARYING_SHARE };
    const problem = identityProblem(context.expected, context.actual);
    if (problem !== null) {
      const message = `${problem}: it would be fed other numbers than it was trained on. Train again with this feature set.`;
      return { ...outcome, passed: false, value: null, message };
    }
    const blind = blindColumns(context);
    const failed = blind.filter(({ share }) => share > MAX_VARYING_SHARE);
    const value = blind.length > 0 ? blind[0].share : 0;
    if (failed.length === 0) {
      const message =
        'Names, order and hash are those of the feature set, and no living column was constant in training.';
      return { ...outcome, passed: true, value, message };
    }
    const named = failed.slice(0, 5).map(({ name, share }) => `${name} (${Math.round(100 * share)} %)`);
    const more = failed.length > 5 ? ` and ${failed.length - 5} more` : '';
    const message =
      `Constant in training but varying in the held-out windows: ${named.join(', ')}${more}. The model is blind to them. ` +
      'Look for a source that was missing during the training span, or train on a later or longer period.';
    return { ...outcome, passed: false, value, message };
  },
};
