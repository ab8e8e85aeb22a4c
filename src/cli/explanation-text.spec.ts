import { describe, expect, it } from 'vitest';
import type { ScoredWindow } from '../monitoring/core/scored-windows.js';
import { explanationText, numberText } from './explanation-text.js';

const WINDOW: ScoredWindow = {
  device: 'ap\n1',
  start: '2025-06-01T00:00:00Z',
  end: '2025-06-01T00:05:00Z',
  score: 0.7060175188289837,
  is_anomaly: true,
  confidence: 0.8,
  log_count: 3,
  explanation: {
    score: 0.7060175188289837,
    base_score: 0.45,
    path_length: 5,
    expected_path_length: 9,
    other_contribution: -0.05,
    top: [
      {
        feature: 'deauth_ratio',
        value: Math.fround(0.93),
        imputed_value: null,
        contribution: 0.25,
        path_length_contribution: -2,
        nearest_normal: { value: Math.fround(0.12), comparison: '<=', until: null, score: 0.5 },
        best: null,
      },
      {
        feature: 'mean_signal_strength',
        value: null,
        imputed_value: -61,
        contribution: 0.056,
        path_length_contribution: -1,
        nearest_normal: null,
        best: { value: -70, comparison: '>=', until: -50, score: 0.6 },
      },
    ],
  },
  lines: [
    { timestamp: '2025-06-01T00:00:01Z', program: 'hostapd', message: 'one\ntwo \u001b[31mred' },
    { timestamp: '2025-06-01T00:00:02Z', program: null, message: 'long', truncated: true },
  ],
  line_count: 3,
};

describe('an explained window as text', () => {
  it('has its strongest features, what would be normal, and its first lines, each on a line of its own', () => {
    expect(explanationText(WINDOW).split('\n')).toEqual([
      'ap\\u000a1 2025-06-01T00:00:00Z to 2025-06-01T00:05:00Z: score 0.706017519, ANOMALY',
      '  feature               value                    from 0.4500',
      '  deauth_ratio          0.93                     +0.2500      normal if deauth_ratio <= 0.12',
      '  mean_signal_strength  missing (taken for -61)  +0.0560      score 0.600000000 if mean_signal_strength >= -70 and <= -50',
      '  all other features                             -0.0500',
      '  2025-06-01T00:00:01Z hostapd: one\\u000atwo \\u001b[31mred',
      '  2025-06-01T00:00:02Z long...',
      '  and 1 more line',
    ]);
  });

  it.each([0.12, 1 / 3, 16_777_217, 3.4e38, -1e-45, 0, -0.1, 1e-7])(
    'shows %d as the very same float32',
    (value) => {
      const single = Math.fround(value);
      expect(Math.fround(Number(numberText(single)))).toBe(single);
      expect(numberText(single).length).toBeLessThan(17);
      expect(Number(numberText(value + Math.PI))).toBe(value + Math.PI);
    },
  );
});
