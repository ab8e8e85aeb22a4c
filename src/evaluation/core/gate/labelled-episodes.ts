import { shortNumber, type EpisodeThresholds, type GateCheck, type GateCheckResult } from './gate-check.js';

/** `evaluation.episode_thresholds` unless configured otherwise. */
export const DEFAULT_EPISODE_THRESHOLDS: EpisodeThresholds = { recall: 0.5, alertPrecision: 0.3 };
/** Fewer operator marks than this say more about luck than about the model. */
export const MIN_MARKS = 20;

type Outcome = Omit<GateCheckResult, 'id' | 'name'>;

const notApplicable = (reason: string): Outcome => ({
  passed: true,
  skipped: true,
  value: null,
  limit: null,
  message: `Not applicable: ${reason}.`,
});

/** E: with real labels, enough episodes must be hit and enough alerts must be right. */
export const labelledEpisodes: GateCheck = {
  id: 'E',
  name: 'labelled episodes are found',
  run: ({ episodes, episodeThresholds = DEFAULT_EPISODE_THRESHOLDS }) => {
    if (!episodes) return notApplicable('there are no labelled episodes and no operator marks');
    const { counts, labelSource, marks } = episodes;
    if (labelSource === 'feedback' && marks < MIN_MARKS) {
      return notApplicable(`${marks} operator marks are too few, ${MIN_MARKS} are needed`);
    }
    if (counts.episode_recall === null)
      return notApplicable('no labelled episode lies in the held-out windows');
    const { recall, alertPrecision } = episodeThresholds;
    const found =
      `${counts.hit} of ${counts.episodes} labelled episodes were hit (${labelSource}), ` +
      `${counts.alerts - counts.false_alerts} of ${counts.alerts} alerts were right`;
    const recallOk = counts.episode_recall >= recall;
    // Without an alert there is no wrong one; then recall is 0 and decides.
    const precisionOk = counts.alert_precision === null || counts.alert_precision >= alertPrecision;
    const advice = recallOk
      ? `at least ${shortNumber(alertPrecision)} of the alerts must be right. Lower the contamination or the alert budget`
      : `at least ${shortNumber(recall)} of the episodes must be hit. Raise the contamination, or try another detector or feature set`;
    return {
      passed: recallOk && precisionOk,
      skipped: false,
      value: recallOk && !precisionOk ? counts.alert_precision : counts.episode_recall,
      limit: recallOk && !precisionOk ? alertPrecision : recall,
      message: recallOk && precisionOk ? `${found}.` : `${found}; ${advice}.`,
    };
  },
};
