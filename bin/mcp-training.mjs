#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { ENGINE_OPTIONS } from './engine-options.mjs';

// Commands run from the bundle, which starts three times as fast; the server, which starts once, from the single files.
const serves = process.argv.includes('serve');
if (!serves) for (const option of ENGINE_OPTIONS) setFlagsFromString(option);
const entry = new URL(serves ? '../dist/src/cli.js' : '../dist/bundle/cli.js', import.meta.url);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  console.error('mcp-training is not built yet. Run "npm run build" (or "npm run demo") first.');
  process.exitCode = 2;
}
