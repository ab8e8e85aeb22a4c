import { alertBudget, injectedAtBudget } from './alert-budget.js';
import { regrownScores } from './auxiliary-forest.js';
import { detectionDetail, detectionMetrics, type LabelledScores } from './detection.js';
import type {
  AdvancedMetrics,
  BasicMetrics,
  EvaluationInput,
  EvaluationReport,
} from './evaluation-report.js';
import { gateResult, prepareGate, runGate, type GateResult } from './gate.js';
import type { GateContext } from './gate/gate-check.js';
import { sliceOfKind, type InjectedKind } from './injection.js';
import { daysCovered, finiteOrNull, labelFreeReport, type LabelFreeReport } from './label-free.js';
import { flagAbove, joinGroups, scoreDistribution } from './metrics.js';
import { permutationImportance } from './permutation-importance.js';
import type { RealLabelReport } from './real-label-report.js';
import { realLabelReport, type JudgedScores } from './real-labels.js';
import { recommend, type Recommendation } from './recommendations.js';
import { checkThresholds, enforcedThresholdsCheck } from './threshold-checks.js';

const DEFAULT_STABILITY_RUNS = 3;
const DEFAULT_IMPORTANCE_ROWS = 2_000;
/** Targets of the recommendations where `evaluation.thresholds` names none (the seeds' values). */
const DEFAULT_TARGETS = { precision: 0.7, recall: 0.7, roc_auc: 0.8 } as const;

/** Scores as people see them: higher = more anomalous. */
interface HumanScores extends JudgedScores {
  readonly injected: Float64Array;
}

function humanScores(
  context: GateContext,
  { offset, holdoutWindows, alertsPerDayPerDevice }: EvaluationInput,
): HumanScores {
  const holdout = context.holdoutScores.map((score) => -score);
  const injected = context.injectedScores.map((score) => -score);
  const threshold = -offset;
  const sweep = {
    sorted: Float64Array.from(holdout).sort(),
    days: holdoutWindows && finiteOrNull(daysCovered(holdoutWindows)),
  };
  const budget =
    holdoutWindows && alertsPerDayPerDevice !== undefined
      ? alertBudget(sweep.sorted, holdoutWindows, alertsPerDayPerDevice)
      : null;
  return { holdout, sweep, injected, threshold, flags: flagAbove(holdout, threshold), budget };
}

function recallByKind(context: GateContext, scores: HumanScores): AdvancedMetrics['injected_kinds'] {
  const figures = (kind: InjectedKind): { recall: number; roc_auc: number | null } => {
    const flags = flagAbove(sliceOfKind(scores.injected, context.injected, kind), scores.threshold);
    return {
      recall: flags.reduce((sum, flag) => sum + flag, 0) / flags.length,
      roc_auc: context.injectedAuc[kind],
    };
  };
  return { global: figures('global'), spike: figures('spike'), tail: figures('tail') };
}

/** Metrics on planted anomalies: hold-out rows are label 0, planted rows label 1. */
function injectedMetrics(
  context: GateContext,
  scores: HumanScores,
): { basic_metrics: BasicMetrics; advanced_metrics: AdvancedMetrics } {
  const { threshold, sweep, flags } = scores;
  const rows: LabelledScores = { labelSource: 'injected', ...joinGroups(scores.holdout, scores.injected) };
  const distribution = scoreDistribution(scores.holdout);
  const flagged = flags.reduce((sum, flag) => sum + flag, 0);
  return {
    basic_metrics: {
      ...detectionMetrics(rows, threshold),
      threshold_value: threshold,
      anomaly_ratio: flags.length === 0 ? 0 : flagged / flags.length,
    },
    advanced_metrics: {
      ...detectionDetail(rows, threshold, sweep),
      injected_kinds: recallByKind(context, scores),
      injected_columns: context.features.flatMap(({ name }, column) =>
        context.plantedColumns[column] === 1 ? [name] : [],
      ),
      at_alert_budget: scores.budget && injectedAtBudget(scores.budget, context.injected, scores.injected),
      score_distribution: distribution && { label_source: 'none', ...distribution },
    },
  };
}

function recommendations(
  input: EvaluationInput,
  injected: BasicMetrics,
  real: RealLabelReport | null,
  labelFree: LabelFreeReport,
): Recommendation[] {
  const targets = { ...DEFAULT_TARGETS, ...input.thresholds };
  // Real labels speak when there are any: episodes first, because that is what a person experiences.
  const source = real?.basic_metrics ?? injected;
  return recommend({
    labelSource: source.label_source,
    precision: real?.episodes?.alert_precision ?? source.precision,
    recall: real?.episodes?.episode_recall ?? source.recall,
    rocAuc: source.roc_auc,
    precisionTarget: targets.precision,
    recallTarget: targets.recall,
    aucTarget: targets.roc_auc,
    contamination: input.contamination,
    flagRate: labelFree.flag_rate,
    alertsPerDayPerDevice: labelFree.alerts_per_day_per_device,
    seedStability: labelFree.seed_stability?.mean_spearman ?? null,
  });
}

/** Forests of other seeds need the rows the model was fitted on. */
function regrown(
  { train, holdout, engine }: GateContext,
  params: EvaluationInput['forestParams'],
  runs: number,
): Float64Array[] {
  return params === null || train === null ? [] : regrownScores({ train, holdout, engine }, params, runs);
}

/**
 * Judges a model on rows it never saw: planted anomalies, label-free figures, real labels when there are any, the
 * gate, and what to do next. Deterministic for `input.seed`. The scores are never compared with the model's own
 * predictions.
 */
export function evaluateModel(input: EvaluationInput): EvaluationReport {
  const context = prepareGate(input);
  const scores = humanScores(context, input);
  const { basic_metrics, advanced_metrics } = injectedMetrics(context, scores);
  const real = input.labels ? realLabelReport(input.labels, input.holdoutWindows, scores) : null;
  const episodes =
    real?.episodes && input.labels
      ? { labelSource: input.labels.source, counts: real.episodes, marks: input.labels.marks ?? 0 }
      : null;
  const fixedGate = runGate({ ...context, episodes, episodeThresholds: input.episodeThresholds });
  const enforced = input.enforceThresholds ?? false;
  const threshold_checks = checkThresholds(basic_metrics, input.thresholds ?? {}, enforced);
  const gate: GateResult = enforced
    ? gateResult([...fixedGate.checks, enforcedThresholdsCheck(threshold_checks)])
    : fixedGate;

  const runs = input.seedStabilityRuns ?? DEFAULT_STABILITY_RUNS;
  const label_free = labelFreeReport({
    scores: scores.holdout,
    flags: scores.flags,
    windows: input.holdoutWindows,
    regrown: regrown(context, input.forestParams, runs),
    trainHoldoutKs: gate.checks.find(({ id }) => id === 'C')?.value ?? null,
  });
  const importanceRows = input.importanceRows ?? DEFAULT_IMPORTANCE_ROWS;
  return {
    label_source: 'injected',
    basic_metrics,
    advanced_metrics,
    ground_truth: real?.label_source === 'ground_truth' ? real : null,
    feedback: real?.label_source === 'feedback' ? real : null,
    label_free,
    cross_validation: null,
    threshold_checks,
    feature_importance: importanceRows > 0 ? permutationImportance(context, importanceRows) : null,
    gate,
    recommendations: recommendations(input, basic_metrics, real, label_free),
  };
}
