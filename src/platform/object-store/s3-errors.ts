import { AppError } from '../../shared/errors.js';

/** What is known of a failure of the SDK: its own errors, and answers of a server that may have no body. */
interface SdkFailure {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

const ABSENT = ['NoSuchKey', 'NotFound'];

/** There is no such object; a missing bucket is another matter. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && ABSENT.includes(error.name);
}

/** Why the bucket cannot be used, what it is, and what to do. Keys and signatures are in none of these texts. */
export function storeFailure(error: unknown, label: string): AppError {
  if (error instanceof AppError && error.code !== 'cancelled') return error;
  const { name, $metadata } = error as SdkFailure;
  const status = typeof $metadata?.httpStatusCode === 'number' ? $metadata.httpStatusCode : null;
  const code = typeof name === 'string' ? name.slice(0, 60) : 'Error';
  const failure = (text: string, hint: string): AppError =>
    new AppError('unavailable', `The artifact store (${label}) ${text}.`, { cause: error, hint });
  if (code === 'AbortError' || error instanceof AppError) {
    return failure('did not answer in time', 'Check storage.artifacts.endpoint and that the server is up.');
  }
  if (code === 'CredentialsProviderError' || code === 'TokenProviderError') {
    return failure(
      'cannot be asked: no credentials were found',
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or their _FILE forms), or give the process a role.',
    );
  }
  if (code === 'NoSuchBucket' || status === 404) {
    return failure('does not exist', 'Create the bucket, or correct storage.artifacts.bucket.');
  }
  if (status === 401 || status === 403) {
    return failure(
      `refuses the credentials (${status} ${code})`,
      'They need s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix.',
    );
  }
  if (status === 301 || status === 307 || status === 400) {
    return failure(
      `does not accept the request (${status} ${code})`,
      'Check storage.artifacts.region, endpoint and force_path_style, and the clock of this machine.',
    );
  }
  return failure(
    status === null ? 'cannot be reached' : `is not available (${status} ${code})`,
    'Check storage.artifacts.endpoint and that the server is up; nothing was changed.',
  );
}
