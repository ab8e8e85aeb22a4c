#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/src/cli.js', import.meta.url);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  console.error('mcp-training is not built yet. Run "npm run build" (or "npm run demo") first.');
  process.exitCode = 2;
}
