const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** SQLSTATE class 08 (connection), 57P0x (server stops, crashes or starts), 53300 (too many connections), 25006 (read-only). */
const TRANSIENT_SQLSTATE = /^(08...|57P0.|53300|25006)$/;

/** What the driver says without a code when a socket dies under it or a time limit passes. */
const TRANSIENT_MESSAGE =
  /connection terminated|connection error|timeout exceeded when trying to connect|query read timeout/i;

/** True when the statement failed because the server could not be reached, not because of what it says. */
export function isConnectionLoss(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (NETWORK_CODES.has(code) || TRANSIENT_SQLSTATE.test(code))) return true;
  return TRANSIENT_MESSAGE.test(error.message);
}
