// Makes docker/secrets/ for compose.yaml: once, with random values, never overwriting one. The directory is closed to
// others; its files are readable, because the containers run as other users.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), 'secrets');
mkdirSync(directory, { recursive: true, mode: 0o700 });

function make(name, value) {
  const file = join(directory, name);
  if (existsSync(file)) console.log(`kept   ${name}`);
  else {
    writeFileSync(file, value(), { mode: 0o644, flag: 'wx' });
    console.log(`made   ${name}`);
  }
  return readFileSync(file, 'utf8');
}

const random = () => randomBytes(24).toString('base64url');
const password = make('postgres_password', random);
make('database_url', () => `postgresql://training:${password}@database:5432/training`);
const key = make('api_key', random);
make('metrics_key', () => key);
