import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { packageFileName } from '../deployment/core/package-layout.js';
import { PackageService, type BuiltPackage } from '../deployment/package.service.js';
import { assertDeployable } from '../registry/core/lifecycle.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { ModelVersion } from '../registry/model-version.js';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';

export const DOWNLOAD_FORMATS = ['package', 'joblib', 'onnx'] as const;

export type DownloadFormat = (typeof DOWNLOAD_FORMATS)[number];

/** Inclusive byte positions. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A complete file that is known to be the registered one. `release` it, or read it to the end. */
export interface ModelDownload {
  readonly fileName: string;
  readonly mediaType: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  stream(range: ByteRange): Readable;
  release(): Promise<void>;
}

const PIECE_BYTES = 1 << 20;
/** A package that many fetch at once is built once; a large one is not kept for later. */
const KEPT_PACKAGES = 4;
const KEPT_PACKAGE_BYTES = 16 * 1024 * 1024;

/** Files of versions for the network: verified against the registry before the first byte leaves. */
@Injectable()
export class ModelFilesService {
  private readonly packages = new Map<string, Promise<BuiltPackage>>();

  constructor(
    private readonly registry: ModelRegistryService,
    private readonly builder: PackageService,
  ) {}

  /**
   * @throws AppError `not_found`, `gate_rejected` for the package of a rejected version, `artifact_integrity` for a file
   * that is not the registered one (the version is marked corrupt)
   */
  async open(version: string, format: DownloadFormat): Promise<ModelDownload> {
    const model = await this.registry.get(version);
    // A rejected version may be studied file by file; a package is what the consumer imports.
    if (format === 'package' || model.status === 'corrupt') assertDeployable(version, model.status);
    if (format === 'package') return this.openPackage(model);
    const [file, extension] =
      format === 'joblib' ? [VERSION_FILES.model, 'joblib'] : [VERSION_FILES.onnx, 'onnx'];
    return this.openFile(model, file, `model_${version}.${extension}`);
  }

  /**
   * The model card: an HTML page as it was registered.
   *
   * @throws AppError `not_found` for a version of a release that wrote none, `artifact_integrity` for another page
   */
  async card(version: string): Promise<{ readonly page: string; readonly sha256: string }> {
    const { artifacts } = await this.registry.fetch(version);
    if (!Object.hasOwn(artifacts, VERSION_FILES.card)) {
      throw new AppError('not_found', `Model ${version} has no model card.`, {
        hint: 'It was written by an older release; its report.json holds the same data.',
      });
    }
    const sha256 = artifacts[VERSION_FILES.card];
    if (this.registry.store.hash(version, VERSION_FILES.card) !== sha256)
      return this.registry.refuseDamaged(version, VERSION_FILES.card);
    const bytes = this.registry.store.read(version, VERSION_FILES.card);
    if (sha256Hex(bytes) !== sha256) return this.registry.refuseDamaged(version, VERSION_FILES.card);
    return { page: bytes.toString('utf8'), sha256 };
  }

  private async openPackage({ version }: ModelVersion): Promise<ModelDownload> {
    const { bytes, sha256 } = await this.package(version);
    return {
      fileName: packageFileName(version),
      mediaType: 'application/zip',
      size: bytes.byteLength,
      sha256,
      stream: ({ start, end }) =>
        Readable.from(pieces(bytes.subarray(start, end + 1)), { objectMode: false }),
      release: () => Promise.resolve(),
    };
  }

  private package(version: string): Promise<BuiltPackage> {
    const known = this.packages.get(version);
    if (known !== undefined) return known;
    const built = this.build(version);
    this.packages.set(version, built);
    built.then(
      ({ bytes }) => {
        if (bytes.byteLength > KEPT_PACKAGE_BYTES) this.packages.delete(version);
        const oldest = this.packages.keys().next();
        if (this.packages.size > KEPT_PACKAGES && oldest.done !== true) this.packages.delete(oldest.value);
      },
      () => this.packages.delete(version),
    );
    return built;
  }

  private async build(version: string): Promise<BuiltPackage> {
    const { modelName, artifacts } = await this.registry.assertDeployable(version);
    return this.builder.build({
      version,
      modelName,
      artifacts,
      read: (file) => this.registry.store.read(version, file),
    });
  }

  /** Hashed and sent through one descriptor: what is checked is what leaves. */
  private async openFile(
    { version, artifacts }: ModelVersion,
    file: string,
    fileName: string,
  ): Promise<ModelDownload> {
    await this.registry.fetch(version);
    const sha256 = Object.hasOwn(artifacts, file) ? artifacts[file] : '';
    const handle = await open(
      this.registry.store.path(version, file),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    ).catch(() => null);
    if (handle === null) return this.registry.refuseDamaged(version, file);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || (await hashOf(handle)) !== sha256) {
        return await this.registry.refuseDamaged(version, file);
      }
      return {
        fileName,
        mediaType: 'application/octet-stream',
        size: stat.size,
        sha256,
        stream: ({ start, end }) => handle.createReadStream({ start, end, autoClose: true }),
        release: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash: Hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
