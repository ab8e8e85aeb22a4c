import type { NameTable } from '../../export/core/name-table.js';
import { isWifiLine, isWifiProgram } from '../../export/core/wifi-programs.js';
import { programBits } from './device-kind.js';

/** Values of {@link ProgramTraits.kinds}. */
export const WIFI_PROGRAM = 1;
/** Some firmware logs its WiFi events under this name; the text decides ({@link isSyslogWifi}). */
export const SYSLOG = 2;

const SYSLOG_NAME = 'syslog';
/** Long enough for {@link isWifiLine} to see which daemon speaks. */
const BEGINNING = 16;

/** What the features ask of a program's name, by its number: decided once per name. */
export class ProgramTraits {
  private bits = new Int32Array(64);
  kinds = new Uint8Array(64);
  private known = 0;

  constructor(private readonly programs: NameTable) {}

  /** Bits of device-kind.ts. */
  deviceBits(program: number): number {
    if (program >= this.known) this.read();
    return this.bits[program];
  }

  /** Learns the names that are new in the table. */
  read(): void {
    const { size } = this.programs;
    if (size > this.bits.length) {
      const bits = new Int32Array(size * 2);
      bits.set(this.bits);
      this.bits = bits;
      const kinds = new Uint8Array(size * 2);
      kinds.set(this.kinds);
      this.kinds = kinds;
    }
    for (; this.known < size; this.known++) {
      const name = this.programs.name(this.known);
      this.bits[this.known] = programBits(name);
      this.kinds[this.known] = isWifiProgram(name) ? WIFI_PROGRAM : name === SYSLOG_NAME ? SYSLOG : 0;
    }
  }
}

/** Whether the message [start, end) of the program `syslog` is a WiFi line. */
export function isSyslogWifi(bytes: Uint8Array, start: number, end: number): boolean {
  // ASCII is all that counts here: any other byte only makes the text another one.
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + BEGINNING)));
  return isWifiLine(SYSLOG_NAME, text);
}
