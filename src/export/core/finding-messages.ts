/**
 * Reasons for which a record does not count, with the sentence that explains them. `%n` is the
 * number with its noun, `%w` was/were, `%h` has/have.
 */
export const INVALID_REASONS: Readonly<Partial<Record<string, string>>> = {
  not_an_object: '%n %w skipped: a log record must be a JSON object.',
  duplicate_key: '%n %w skipped: a field is given twice, so its value is ambiguous.',
  invalid_json: '%n %w skipped: not valid JSON.',
  invalid_utf8: '%n %w skipped: the text is not valid UTF-8.',
  too_deep: '%n %w skipped: nested too deeply.',
  truncated_record: '%n %w skipped: the last line of the file is cut off.',
  wrong_column_count: '%n %w skipped: the row does not have as many columns as the header.',
  invalid_quoting: '%n %w skipped: text follows the closing quote of a CSV field.',
  missing_message: '%n %w skipped: there is no message.',
  message_not_text: '%n %w skipped: the message is not text.',
  missing_timestamp: '%n %w skipped: there is no timestamp.',
  timestamp_not_text: '%n %w skipped: the timestamp is not text; ISO 8601 is expected.',
  timestamp_invalid: '%n %w skipped: the timestamp is not a valid ISO 8601 date and time.',
  timestamp_out_of_range: '%n %w skipped: the timestamp is not between the years 2000 and 2099.',
  device_missing: '%n %w skipped: neither device_id, device_ip, host nor the syslog header names a device.',
  device_invalid: '%n %w skipped: the device name is not a text or number of at most 256 characters.',
};

/** Things worth knowing about records that do count. */
export const NOTES: Readonly<Partial<Record<string, string>>> = {
  timestamp_without_zone: '%n %h no time zone in the timestamp: UTC is assumed.',
  program_from_header: '%n %h no process_name: the program was taken from the syslog header in raw_message.',
  program_missing: '%n %h no program: neither process_name nor a syslog header names one.',
  level_from_header: '%n %h no log_level: the level was taken from the syslog header in raw_message.',
  level_missing: '%n %h no level: neither log_level nor a syslog header gives one.',
  level_unknown: '%n %h a log_level that is none of the syslog severities: counted as unknown.',
  device_from_header:
    '%n %h no device_id: the host of the syslog header in raw_message is taken as the device.',
  label_unknown:
    '%n %h a label that is none of true, 1, yes, anomaly, false, 0, no, normal: counted as normal.',
  lone_surrogate: '%n %h half a Unicode surrogate pair in the text: it is replaced by U+FFFD.',
  clock_jumps:
    '%n %h a clock of the sender more than 90 minutes away from where it usually is (a sample of the lines was looked at): the clock was set, or lines were held back. Arrival times are used.',
  duplicates:
    '%n %h the same content as the line before. They are kept: repeats are what a flood looks like.',
  out_of_order:
    '%n %h a time against the order of the file. Windows are built by timestamp, so nothing is lost.',
};

/** Things about devices; `%d` is their number with its verb. */
export const DEVICE_NOTES: Readonly<Partial<Record<string, string>>> = {
  clock_skew:
    '%d a clock that is off, by more than a time zone explains. Arrival times are used; set the clock (NTP) to make the lines comparable.',
};

/** Things about level names; `%l` is their number with its verb. */
export const LEVEL_NOTES: Readonly<Partial<Record<string, string>>> = {
  level_spelling: '%l written in more than one way, and counted as one:',
};

/** Things about whole files; `%f` is their number with its verb. */
export const FILE_NOTES: Readonly<Partial<Record<string, string>>> = {
  metadata_missing: '%f no metadata: whether the export is complete cannot be checked.',
  declared_count_differs:
    '%f another number of records than the metadata declares: the export may be incomplete.',
  declared_count_invalid: '%f metadata whose total_records is not a whole number.',
  file_without_records: '%f no records.',
};

/** A count with thousands separated. */
export function countText(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** The sentence for a code that was counted `count` times. */
export function describe(code: string, count: number): string {
  const file = FILE_NOTES[code];
  if (file !== undefined)
    return file.replace('%f', count === 1 ? '1 file has' : `${countText(count)} files have`);
  const device = DEVICE_NOTES[code];
  if (device !== undefined)
    return device.replace('%d', `${plural(count, 'device')} ${count === 1 ? 'has' : 'have'}`);
  const level = LEVEL_NOTES[code];
  if (level !== undefined)
    return level.replace('%l', `${plural(count, 'level')} ${count === 1 ? 'is' : 'are'}`);
  const sentence = INVALID_REASONS[code] ?? NOTES[code] ?? `%n: ${code}.`;
  return sentence
    .replace('%n', plural(count, code in INVALID_REASONS ? 'record' : 'line'))
    .replace('%w', count === 1 ? 'was' : 'were')
    .replace('%h', count === 1 ? 'has' : 'have');
}
