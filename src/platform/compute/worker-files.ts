/** Where the built entry points of the threads are; the bundle of the command line has bundled ones of its own. */
export const WORKERS = new URL('../../workers/', import.meta.url);
/** From TypeScript source (tests): the built twin, which the test set-up has made. */
export const BUILT_WORKERS = new URL('../../../dist/src/workers/', import.meta.url);
