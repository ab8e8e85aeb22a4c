import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// One transformer for everything: SWC, because Nest needs decorator metadata, which esbuild does not emit.
// Not the build's .swcrc: that one leaves out the very files that run here.
const plugins = () => [
  swc.vite({
    swcrc: false,
    module: { type: 'es6' },
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
  }),
];

export default defineConfig({
  test: {
    // One more than a small machine has cores: many tests wait for a process, a lease or a connection.
    maxWorkers: 3,
    minWorkers: 1,
    projects: [
      {
        plugins: plugins(),
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'web/src/**/*.spec.ts', 'test/golden/**/*.spec.ts'],
          testTimeout: 30_000,
        },
      },
      {
        plugins: plugins(),
        test: {
          name: 'integration',
          include: ['test/integration/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
      {
        plugins: plugins(),
        test: {
          name: 'security',
          include: ['test/security/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
      {
        plugins: plugins(),
        test: {
          name: 'browser',
          include: ['test/browser/**/*.spec.ts'],
          globalSetup: ['test/support/browser-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
        },
      },
      {
        plugins: plugins(),
        test: {
          name: 'faults',
          include: ['test/faults/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
        },
      },
      {
        plugins: plugins(),
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          pool: 'forks',
        },
      },
    ],
  },
});
