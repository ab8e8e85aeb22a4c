import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildTrainedModel } from '../../../../test/support/trained-model.js';
import type { CardInput } from './card-input.js';
import { CARD_STYLE } from './card-style.js';
import { cardPolicy, policyOfCard, renderModelCard } from './model-card.js';

const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u202e\u0000';

function cardInput(change: Partial<CardInput> = {}): CardInput {
  const model = buildTrainedModel();
  return {
    metadata: {
      ...model,
      detector: null,
      version: '20240101_000000',
      createdAt: '2024-01-01T00:00:00.000Z',
      description: 'Isolation Forest',
      featureNames: model.spec.features.map(({ name }) => name),
      featureSpecHash: model.spec.hash,
      exportFiles: model.inputFiles,
      trainingSamples: model.trainRows,
      validationSamples: 0,
      testSamples: 20,
      hyperparameters: { ...model.hyperparameters },
      trainingConfig: {},
      modelSha256: 'ef'.repeat(32),
      requiresScaler: true,
      gate: { passed: true },
      driftDetection: model.drift,
    },
    evaluation: EVALUATION,
    spec: model.spec,
    validation: {
      warnings: [{ code: 'gaps', message: 'A pause of 3 hours.', count: 2, examples: [] }],
      stats: {
        log_count: 1240,
        invalid_logs: 5,
        start: '2024-01-01T00:00:00Z',
        end: '2024-01-03T00:00:00Z',
        time_range_days: 2,
        device_count: 1,
        devices: [{ device: 'router-1', logs: 1240 }],
      },
    },
    trainScores: model.goldenScores,
    hashes: { 'model.joblib': 'ef'.repeat(32) },
    ...change,
  };
}

const DETAIL = {
  roc_curve: [
    { false_positive_rate: 0.1, recall: 0.7, threshold: 0.6 },
    { false_positive_rate: 1, recall: 1, threshold: 0.3 },
  ],
  precision_recall_curve: [
    { recall: 0.7, precision: 0.8, threshold: 0.6 },
    { recall: 1, precision: 0.2, threshold: 0.3 },
  ],
  threshold_analysis: [
    {
      threshold: 0.6,
      flag_rate: 0.01,
      alerts_per_day: 3,
      precision: 0.8,
      recall: 0.4,
      operating_point: true,
    },
    { threshold: 0.5, flag_rate: 0.1, alerts_per_day: 30, precision: 0.5, recall: 0.9 },
  ],
};

const EVALUATION = {
  basic_metrics: { label_source: 'injected', roc_auc: 0.9125, average_precision: 0.8375, prevalence: 0.2 },
  advanced_metrics: {
    label_source: 'injected',
    ...DETAIL,
    injected_kinds: { global: { recall: 1, roc_auc: 1 }, spike: { recall: 0.3, roc_auc: 0.9 } },
  },
  ground_truth: {
    label_source: 'ground_truth',
    basic_metrics: { label_source: 'ground_truth', roc_auc: 0.7325, average_precision: 0.4375 },
    advanced_metrics: { label_source: 'ground_truth', ...DETAIL },
    episodes: {
      label_source: 'ground_truth',
      episodes: 5,
      hit: 3,
      alerts: 9,
      by_kind: { evil_twin: { episodes: 5, hit: 3 } },
    },
  },
  label_free: { label_source: 'none', holdout_rows: 20, alerts_per_day: 2.5, flag_rate: 0.01 },
  feature_importance: {
    label_source: 'injected',
    baseline_auc: 0.9,
    features: [{ feature: 'log_count', importance: 0.0125 }],
  },
  gate: {
    passed: true,
    checks: [{ id: 'A', name: 'score spread', passed: true, skipped: false, value: 1, message: 'Fine.' }],
  },
} as CardInput['evaluation'];

/** Tags without their attributes, to see whether what is opened is closed. */
function openTags(page: string): string[] {
  const open: string[] = [];
  for (const [, slash, name, rest] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b([^>]*)>/gi)) {
    if (rest.endsWith('/') || ['meta', 'br'].includes(name)) continue;
    if (slash === '') open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}

describe('a model card', () => {
  const page = renderModelCard(cardInput());

  it('loads nothing, runs nothing, and closes what it opens', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|form)\b/i);
    expect(page).not.toMatch(/\son\w+=|javascript:|url\(|@import|https?:/i);
    expect(page).not.toMatch(/\sstyle=/);
    expect(openTags(page.replace(/^<!doctype html>/, ''))).toEqual([]);
    expect(page).toMatch(/^<!doctype html>/);
  });

  it('allows its own style by hash and nothing else', () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policyOfCard(page)).toContain(`style-src 'sha256-${hash}'`);
    expect(policyOfCard(page)).toContain("default-src 'none'");
    expect(page).toContain(cardPolicy(style).replaceAll("'", '&#39;'));
  });

  it('gives every id once and names every picture by ids that exist', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const pictures = [...page.matchAll(/<svg[^>]*role="img"[^>]*aria-labelledby="([^"]+)"/g)];
    expect(pictures.length).toBe((page.match(/<svg/g) ?? []).length);
    expect(pictures.length).toBeGreaterThanOrEqual(9);
    for (const [, names] of pictures) for (const id of names.split(' ')) expect(ids).toContain(id);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('names the source of the labels beside every figure that needs labels', () => {
    expect(page).toMatch(/0\.912\s*<small>injected: planted anomalies/);
    expect(page).toMatch(/0\.733\s*<small>ground_truth: labels that were given/);
    for (const [, caption] of page.matchAll(/<figcaption[^>]*>([^<]*)</g)) {
      if (!caption.startsWith('Scores')) expect(caption, caption).toMatch(/injected|ground_truth/);
    }
  });

  it('is the same page for the same model', () => {
    expect(renderModelCard(cardInput())).toBe(page);
  });

  it('shows hostile names as text', () => {
    const input = cardInput();
    const hostile = renderModelCard({
      ...input,
      metadata: {
        ...input.metadata,
        modelName: HOSTILE,
        exportFiles: [{ name: HOSTILE, bytes: 1, sha256: HOSTILE }],
        hyperparameters: { [HOSTILE]: HOSTILE },
      },
      validation: {
        warnings: [{ message: HOSTILE, count: 1 }],
        stats: {
          devices: [{ device: HOSTILE, logs: 1 }],
          programs: [{ program: HOSTILE, logs: 1 }],
          start: HOSTILE,
        },
      },
      evaluation: {
        ...EVALUATION,
        feature_importance: { label_source: 'injected', features: [{ feature: HOSTILE, importance: 1 }] },
      },
    });
    expect(hostile).not.toMatch(/<img/);
    expect(hostile).not.toContain('\u202e');
    expect(hostile).not.toContain('\u0000');
    expect(hostile).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\\u202e\\u0000');
    expect(openTags(hostile.replace(/^<!doctype html>/, ''))).toEqual([]);
  });

  it('of an imported model that nobody judged says so instead of failing', () => {
    const check = { id: 'F', name: 'evaluated', passed: false, skipped: false, message: 'not evaluated' };
    const bare = renderModelCard(
      cardInput({
        evaluation: {
          basic_metrics: { label_source: 'injected' },
          gate: { passed: false, checks: [check] },
        } as CardInput['evaluation'],
        validation: {},
      }),
    );
    expect(bare).toContain('The model was not evaluated.');
    expect(bare).toContain('cannot be deployed');
    expect(bare).not.toMatch(/NaN|undefined|Infinity/);
  });
});

/** WCAG 2.1, relative luminance. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe('the colours of a card', () => {
  const schemes = [...CARD_STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
    Object.fromEntries(
      [...body.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]),
    ),
  );

  it.each([
    ['light', 0],
    ['dark', 1],
    ['print', 2],
  ])('have the contrast of WCAG AA: %s', (_, scheme) => {
    const { page, panel, track, ...inks } = schemes[scheme];
    for (const name of ['ink', 'soft', 'accent', 'second', 'mark', 'good', 'bad'])
      expect(contrast(inks[name], page), name).toBeGreaterThanOrEqual(4.5);
    for (const name of ['ink', 'soft']) expect(contrast(inks[name], panel), name).toBeGreaterThanOrEqual(4.5);
    expect(contrast(inks['accent'], track)).toBeGreaterThanOrEqual(3);
  });
});
