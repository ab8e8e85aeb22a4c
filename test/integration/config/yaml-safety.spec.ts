import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigSandbox } from './config-sandbox.js';

/** First problem of a --config file with this text, and the processor time it took (the machine may be busy). */
function refuseText(text: string): { message: string; code: string; milliseconds: number } {
  const box = new ConfigSandbox();
  box.write('c.yaml', text);
  const start = process.cpuUsage();
  const [problem] = box.refuse({ configFile: 'c.yaml' }).problems;
  const used = process.cpuUsage(start);
  return { message: problem.message, code: problem.code, milliseconds: (used.user + used.system) / 1000 };
}

const aliasLevels = (levels: number, width: number): string => {
  const lines = ['a0: &a0 [x, x, x]'];
  for (let i = 1; i < levels; i++) {
    lines.push(`a${i}: &a${i} [${Array.from({ length: width }, () => `*a${i - 1}`).join(',')}]`);
  }
  return lines.join('\n');
};

describe('hostile YAML', () => {
  it.each([
    ['nine levels of nine aliases', aliasLevels(9, 9)],
    ['thirty levels of three aliases, below the alias limit', aliasLevels(30, 3)],
    ['a node that holds itself', 'model: &m {n_estimators: *m}'],
    [
      'a merge list of ten thousand',
      `a: &a {x: 1}\nb:\n  <<: [${Array.from({ length: 10_000 }, () => '*a').join(',')}]`,
    ],
    ['five thousand open brackets', '['.repeat(5000)],
    ['thirteen thousand keys', Array.from({ length: 13_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ])('is refused within 200 ms: %s', (_name, text) => {
    expect(refuseText(text).milliseconds).toBeLessThan(200);
  });

  it('is refused above 128 KiB without being parsed', () => {
    expect(refuseText(`# ${'x'.repeat(131_072)}`)).toMatchObject({ code: 'too_large' });
  });

  it.each([
    ['__proto__', '__proto__: {polluted: 1}'],
    ['a merge of __proto__', 'model:\n  <<: {__proto__: {polluted: 1}}'],
    ['constructor', 'model: {constructor: {prototype: {polluted: 1}}}'],
  ])('never reaches a prototype: %s', (_name, text) => {
    expect(refuseText(text).code).toBe('forbidden_key');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('cannot reach a prototype by JSON overrides either', () => {
    const overrides: unknown = JSON.parse(
      '{"model":{"__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}}}',
    );
    const { problems } = new ConfigSandbox().refuse({ overrides });
    expect(problems.map((problem) => problem.code)).toEqual(['forbidden_key', 'forbidden_key']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('YAML mistakes', () => {
  it('names line and column of a key that occurs twice', () => {
    const { message } = refuseText('model:\n  n_estimators: 1\n  n_estimators: 2\n');
    expect(message).toBe('c.yaml:3:3: is not valid YAML: duplicated mapping key');
  });

  it('names line and column of broken syntax', () => {
    expect(refuseText('model:\n\tn_estimators: 1\n').message).toMatch(/^c\.yaml:2:1: is not valid YAML: tab/);
  });

  it('says that merge keys are not supported', () => {
    const { message } = refuseText('a: &a {n_estimators: 5}\nmodel:\n  <<: *a\n');
    expect(message).toContain('a is not a known key');
    expect(refuseText('model:\n  <<: {n_estimators: 5}\n').message).toBe(
      'c.yaml:2: model.<< is a YAML merge key, which is not supported: write the keys out',
    );
  });

  it.each([
    ['a list', '- 1\n', 'must be a mapping of sections'],
    ['two documents', 'a: 1\n---\nb: 1\n', 'must hold one YAML document, not 2'],
    ['a custom tag', 'model: !!js/function x\n', 'is not valid YAML'],
  ])('refuses %s', (_name, text, expected) => {
    expect(refuseText(text).message).toContain(expected);
  });

  it('refuses bytes that are not UTF-8', () => {
    const box = new ConfigSandbox();
    writeFileSync(box.write('c.yaml', ''), Uint8Array.of(0x61, 0x3a, 0xff, 0xfe));
    expect(box.refuse({ configFile: 'c.yaml' }).message).toContain('c.yaml: is not UTF-8 text');
  });

  it('accepts anchors and aliases that a person writes', () => {
    const box = new ConfigSandbox();
    box.write('c.yaml', 'model: {random_state: &seed 7}\ntraining: {random_state: *seed}\n');
    expect(box.load({ configFile: 'c.yaml' }).values.training.random_state).toBe(7);
  });
});
