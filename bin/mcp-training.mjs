#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Commands run from the bundle, which starts three times as fast; the server, which starts once, from the single files.
const entry = new URL(
  process.argv.includes('serve') ? '../dist/src/cli.js' : '../dist/bundle/cli.js',
  import.meta.url,
);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  console.error('mcp-training is not built yet. Run "npm run build" (or "npm run demo") first.');
  process.exitCode = 2;
}
