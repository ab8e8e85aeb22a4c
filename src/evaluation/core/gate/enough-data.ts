import { shortNumber, type DataExtent, type GateCheck } from './gate-check.js';

const MIN_WINDOWS = 288;
const MIN_SPAN_SECONDS = 86_400;
const MIN_WIFI_SHARE = 0.01;

interface Shortage {
  readonly value: number;
  readonly limit: number;
  readonly text: string;
}

/** The rows of a feature table are no windows of lines. */
const unit = ({ lineCount }: DataExtent): string => (lineCount === null ? 'rows' : 'non-empty windows');

function shortages(data: DataExtent): Shortage[] {
  const found: Shortage[] = [];
  const { nonEmptyWindows, spanSeconds, lineCount, wifiLineCount } = data;
  const what = unit(data);
  if (nonEmptyWindows < MIN_WINDOWS) {
    const text = `${nonEmptyWindows} ${what}, ${MIN_WINDOWS - nonEmptyWindows} more are needed (at least ${MIN_WINDOWS})`;
    found.push({ value: nonEmptyWindows, limit: MIN_WINDOWS, text });
  }
  if (spanSeconds !== null && spanSeconds < MIN_SPAN_SECONDS) {
    const missing = shortNumber((MIN_SPAN_SECONDS - spanSeconds) / 3600);
    const text = `${shortNumber(spanSeconds / 3600)} hours of data, ${missing} more hours are needed (at least 24)`;
    found.push({ value: spanSeconds, limit: MIN_SPAN_SECONDS, text });
  }
  if (data.wifiRequired && lineCount !== null && wifiLineCount !== null) {
    const share = lineCount === 0 ? 0 : wifiLineCount / lineCount;
    if (share < MIN_WIFI_SHARE) {
      const missing = Math.max(1, Math.ceil(MIN_WIFI_SHARE * lineCount) - wifiLineCount);
      const text =
        `${wifiLineCount} WiFi lines among ${lineCount}, ${missing} more are needed (at least 1 %; ` +
        'the feature set "system" needs none)';
      found.push({ value: share, limit: MIN_WIFI_SHARE, text });
    }
  }
  return found;
}

/** F: too little data is not a bad model; it has its own exit code, so it is told apart in the result. */
export const enoughData: GateCheck = {
  id: 'F',
  name: 'enough data',
  run: ({ data }) => {
    const missing = shortages(data);
    if (missing.length === 0) {
      const { spanSeconds } = data;
      const days = spanSeconds === null ? '' : ` over ${shortNumber(spanSeconds / 86_400)} days`;
      const message = `${data.nonEmptyWindows} ${unit(data)}${days} are enough.`;
      return { passed: true, skipped: false, value: data.nonEmptyWindows, limit: MIN_WINDOWS, message };
    }
    const message = `Not enough data: ${missing.map(({ text }) => text).join('; ')}. ${data.lineCount === null ? 'Give more rows' : 'Export a longer period'}.`;
    return { passed: false, skipped: false, value: missing[0].value, limit: missing[0].limit, message };
  },
};
