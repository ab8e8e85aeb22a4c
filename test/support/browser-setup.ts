import { buildWeb } from '../../scripts/build-web.mjs';
import { setup as setUpService } from './global-setup.js';

/** A database and the program as for the other tests, and the dashboard that the browser loads. */
export async function setup(): Promise<void> {
  await buildWeb();
  await setUpService();
}

export { teardown } from './global-setup.js';
