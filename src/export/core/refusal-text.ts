import { INVALID_REASONS } from './finding-messages.js';
import type { Finding, ValidationReport } from './validation-report.js';

/**
 * Why an export cannot train, in one line: every error, and every reason for which records were left out, because that
 * is often why there is too little data. Names the file, and the first record concerned where there is one.
 */
export function refusalText({ errors, warnings, files }: ValidationReport): string {
  const skipped = warnings.filter(({ code }) => code in INVALID_REASONS);
  const reasons = [...errors, ...skipped].map((finding) => finding.message + firstPlace(finding)).join(' ');
  return files.length === 1 ? `${files[0].name}: ${reasons}` : reasons;
}

function firstPlace({ code, count, examples }: Finding): string {
  const first = examples.at(0);
  if (first === undefined || !(code in INVALID_REASONS)) return '';
  const detail = first.detail === '' ? '' : `: ${first.detail}`;
  return ` (${count === 1 ? 'record' : 'first at record'} ${first.record_index} of ${first.file}, byte ${first.byte_offset}${detail})`;
}
