import { AppError } from '../../shared/errors.js';

export interface NameTableLimits {
  /** What the names are, for the error: "devices". */
  readonly what: string;
  /** Where they come from, for the hint: "device_id (or device_ip)". */
  readonly field: string;
  readonly maxNames: number;
}

/** Numbers for names, in order of first appearance. Bounded: a field that differs in each line must not fill the memory. */
export class NameTable {
  private readonly idByName = new Map<string, number>();
  private readonly list: string[] = [];

  constructor(private readonly limits: NameTableLimits) {}

  /** @throws AppError `export_invalid` (details.reason `too_many_<what>`) for more names than allowed */
  id(name: string): number {
    const known = this.idByName.get(name);
    if (known !== undefined) return known;
    const { what, field, maxNames } = this.limits;
    if (this.list.length >= maxNames) {
      throw new AppError('export_invalid', `The export names more than ${maxNames} ${what}.`, {
        hint: `Check what the exporter writes into ${field}: it must be the same in all lines of one of them.`,
        details: { reason: `too_many_${what}` },
      });
    }
    const id = this.list.length;
    // The key may be a slice of a long text, which would keep all of it alive.
    this.idByName.set(name, id);
    this.list.push(name);
    return id;
  }

  get size(): number {
    return this.list.length;
  }

  name(id: number): string {
    return this.list[id];
  }

  /** Names by number; shared, not a copy. */
  names(): readonly string[] {
    return this.list;
  }
}

/** The numbered names of the rows of one or more files. */
export interface RecordNames {
  readonly devices: NameTable;
  readonly programs: NameTable;
}

const MAX_DEVICES = 100_000;
const MAX_PROGRAMS = 100_000;

export function recordNames(): RecordNames {
  return {
    devices: new NameTable({ what: 'devices', field: 'device_id (or device_ip)', maxNames: MAX_DEVICES }),
    programs: new NameTable({
      what: 'programs',
      field: 'process_name (program, source)',
      maxNames: MAX_PROGRAMS,
    }),
  };
}
