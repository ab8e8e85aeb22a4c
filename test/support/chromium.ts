import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is, undefined when there is none: then tests that need one are skipped, and say so. */
export const chromiumPath = PLACES.find((path) => existsSync(path));
