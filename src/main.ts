import { main } from './cli/main.js';

// The HTTP process by itself (`node dist/src/main.js`): the same as `mcp-training serve`.
process.exitCode = await main(['serve', ...process.argv.slice(2)]);
