import type { DecodeText } from '../../export/core/log-record.js';
import { ROW, type RecordBatch } from '../../export/core/record-batch.js';
import { eventGroups } from './event-class.js';
import { classify } from './event-classifier.js';
import { EVENT, type BatchClassifier, type EventColumns } from './event-columns.js';
import { createEventFields } from './event-fields.js';

const ERROR_TEXT = /error|fail/i;

/**
 * Classifies the messages of a batch as text: what the columns of the events mean. The compiled classifier
 * (classify-kernel.ts) gives the same columns without making a string of each message.
 */
export class TextClassifier implements BatchClassifier {
  private readonly fields = createEventFields();

  constructor(
    readonly events: EventColumns,
    private readonly decode: DecodeText,
  ) {}

  classify(batch: RecordBatch): void {
    for (let row = 0; row < batch.count; row++) {
      if ((batch.flags[row] & ROW.kept) !== 0) this.classifyRow(batch, row);
    }
  }

  /** @throws AppError `export_invalid` when the messages name more networks than the table of SSIDs takes */
  classifyRow(batch: RecordBatch, row: number): void {
    const { events, fields } = this;
    const message = this.decode(batch.bytes, batch.messageStart[row], batch.messageEnd[row]);
    const id = classify(batch.names.programs.name(batch.program[row]), message, fields);
    events.eventClass[row] = id;
    events.groups[row] = eventGroups(id, fields);
    events.mac[row] = fields.mac;
    events.bssid[row] = fields.bssid;
    events.signal[row] = fields.signal;
    events.txrate[row] = fields.txrate;
    events.ssid[row] = fields.ssid === '' ? -1 : events.ssids.id(fields.ssid);
    events.reason[row] = fields.reason;
    events.status[row] = fields.status;
    events.freq[row] = fields.freq;
    events.flags[row] = ERROR_TEXT.test(message) ? EVENT.errorText : 0;
  }
}
