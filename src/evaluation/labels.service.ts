import { closeSync, readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { sha256Hex } from '../shared/digest.js';
import { AppError } from '../shared/errors.js';
import { openInput, type InputName } from '../workers/open-input.js';
import type { LabelsFile } from './core/labels/label-coverage.js';
import { parseLabels } from './core/labels/labels-file.js';

/** Some 60,000 episodes; parsing them must not hold up the answers of the service. */
const MAX_LABELS_BYTES = 8 * 1024 * 1024;

/** Reads labels files: what really happened, for the evaluation only. */
@Injectable()
export class LabelsService {
  /**
   * @param noFollow the file was named over the network
   * @throws AppError `file_not_found`, `export_not_allowed`, `payload_too_large`, or `validation_failed` naming each
   *   wrong entry
   */
  read(file: InputName, noFollow: boolean): LabelsFile {
    const { fd, size } = openInput(file, noFollow);
    try {
      if (size > MAX_LABELS_BYTES) {
        throw new AppError(
          'payload_too_large',
          `The labels file ${file.name} has ${size} bytes, at most ${MAX_LABELS_BYTES} are read.`,
          { hint: 'Leave out what lies outside the exports, or give fewer, longer episodes.' },
        );
      }
      const bytes = readFileSync(fd);
      return {
        name: file.name,
        bytes: bytes.length,
        sha256: sha256Hex(bytes),
        episodes: parseLabels(file.name, bytes.toString('utf8')),
      };
    } finally {
      closeSync(fd);
    }
  }
}
