import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ArtifactsConfig } from '../config/schema/artifacts.schema.js';
import { OutboundClient } from '../outbound/outbound-client.js';
import type { ObjectInfo, ObjectStore } from './object-store.js';
import { isAbsent, storeFailure } from './s3-errors.js';
import { s3Transport } from './s3-transport.js';

type Sdk = typeof import('@aws-sdk/client-s3');

/** One try and two more, with the SDK's pauses: a server that restarts is not noticed, one that is away soon is. */
const MAX_ATTEMPTS = 3;

/** A bucket of Amazon S3 or of a server with its protocol. The SDK is loaded with the first call. */
export class S3ObjectStore implements ObjectStore {
  readonly label: string;
  private readonly prefix: string;
  private loading: Promise<{ sdk: Sdk; client: S3Client }> | null = null;

  constructor(private readonly settings: ArtifactsConfig) {
    this.prefix = settings.prefix;
    // Clients of the API read this too: where the server is, only the configuration says.
    this.label = `bucket ${settings.bucket}`;
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    return this.ask(async ({ sdk, client }) => {
      await client.send(new sdk.PutObjectCommand({ ...this.at(key), Body: bytes, ChecksumSHA256: sha256 }));
    });
  }

  get(key: string): Promise<Buffer | null> {
    return this.ask(async ({ sdk, client }) => {
      try {
        const { Body: body } = await client.send(new sdk.GetObjectCommand(this.at(key)));
        return body === undefined ? null : Buffer.from(await body.transformToByteArray());
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    });
  }

  list(prefix: string): Promise<ObjectInfo[]> {
    return this.ask(async ({ sdk, client }) => {
      const objects: ObjectInfo[] = [];
      let from: string | undefined;
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.bucket,
            Prefix: this.prefix + prefix,
            ContinuationToken: from,
          }),
        );
        for (const { Key: key = '', Size: bytes = 0, LastModified: changed } of page.Contents ?? [])
          objects.push({ key: key.slice(this.prefix.length), bytes, changedAtMs: changed?.getTime() ?? 0 });
        from = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (from !== undefined);
      return objects;
    });
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.ask(async ({ sdk, client }) => {
      // One by one: the call for many at once is missing or needs other headers with some servers.
      for (const key of keys) await client.send(new sdk.DeleteObjectCommand(this.at(key)));
    });
  }

  check(timeoutMs: number): Promise<void> {
    return this.ask(async ({ sdk, client }) => {
      const question = new sdk.ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.prefix, MaxKeys: 1 });
      await client.send(question, { abortSignal: AbortSignal.timeout(timeoutMs) });
    });
  }

  private get bucket(): string {
    return this.settings.bucket ?? '';
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + key };
  }

  private async ask<T>(question: (tools: { sdk: Sdk; client: S3Client }) => Promise<T>): Promise<T> {
    try {
      this.loading ??= this.connect();
      return await question(await this.loading);
    } catch (error) {
      throw storeFailure(error, this.label);
    }
  }

  private async connect(): Promise<{ sdk: Sdk; client: S3Client }> {
    const sdk = await import('@aws-sdk/client-s3');
    const {
      endpoint,
      region,
      timeout,
      access_key_id: id,
      secret_access_key: secret,
      session_token: token,
    } = this.settings;
    const client = new sdk.S3Client({
      region,
      ...(endpoint === null ? {} : { endpoint }),
      forcePathStyle: this.settings.force_path_style,
      // Otherwise the SDK's own chain: profile, web identity, container or machine role.
      ...(id === null || secret === null
        ? {}
        : {
            credentials: {
              accessKeyId: id,
              secretAccessKey: secret,
              ...(token === null ? {} : { sessionToken: token }),
            },
          }),
      maxAttempts: MAX_ATTEMPTS,
      // Content is hashed by us on both ways; trailers and checksums of the SDK's own are not known everywhere.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: s3Transport(new OutboundClient({ trustedHosts: this.hosts() }), timeout * 1000),
    });
    return { sdk, client };
  }

  /** The operator named this server: it may be on this machine or in a private network. Amazon's are public. */
  private hosts(): string[] {
    const { endpoint } = this.settings;
    if (endpoint === null) return [];
    const { hostname } = new URL(endpoint);
    return [hostname, `${this.bucket}.${hostname}`];
  }
}
