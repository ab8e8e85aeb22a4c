// What a consumer does, over and over: open both active names, check that they are a pair. Ends when stdin closes.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
const seen = { reads: 0, pairs: 0, mixed: 0, unresolved: 0, unproven: 0, versions: new Set() };
let open = true;
process.stdin.on('end', () => (open = false)).resume();
process.stdout.write('ready\n');

while (open) {
  for (let i = 0; i < 50; i++) {
    seen.reads++;
    try {
      const model = readFileSync(join(directory, 'wifi_model_active.joblib'));
      const metadata = JSON.parse(readFileSync(join(directory, 'wifi_metadata_active.json'), 'utf8'));
      readlinkSync(join(directory, '.wifi_active'));
      seen.versions.add(metadata.model_version);
      const provenPair = createHash('sha256').update(model).digest('hex') === metadata.model_sha256;
      if (!provenPair) seen.unproven++;
      // The first line of a model of this test names its version.
      else if (model.subarray(0, model.indexOf(10)).toString() === metadata.model_version) seen.pairs++;
      else seen.mixed++;
    } catch {
      seen.unresolved++;
    }
  }
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write(`${JSON.stringify({ ...seen, versions: seen.versions.size })}\n`);
