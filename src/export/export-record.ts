import type { ValidationReport } from './core/validation-report.js';

/** One export file the service keeps. */
export interface ExportRecord {
  readonly exportId: string;
  readonly fileName: string;
  /** Path relative to the exports directory. */
  readonly storedKey: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly format: string;
  readonly status: 'available' | 'invalid' | 'deleted';
  readonly source: string;
  readonly report: ValidationReport | null;
  readonly createdAt: string;
}

export interface NewExport extends Omit<ExportRecord, 'createdAt' | 'report' | 'status'> {
  /** Who brought it, for the audit log. */
  readonly actor: string;
}

/** What the audit log keeps of an export. */
export const exportState = ({
  fileName,
  storedKey,
  sizeBytes,
  sha256,
  source,
}: Omit<ExportRecord, 'createdAt' | 'report' | 'status'>): object => ({
  file_name: fileName,
  export_file: storedKey,
  size_bytes: sizeBytes,
  sha256,
  source,
});

/** As the API prints it. */
export function exportJson(record: ExportRecord): Record<string, unknown> {
  return {
    export_id: record.exportId,
    file_name: record.fileName,
    export_file: record.storedKey,
    size_bytes: record.sizeBytes,
    sha256: record.sha256,
    format: record.format,
    status: record.status,
    source: record.source,
    validation: record.report,
    created_at: record.createdAt,
  };
}
