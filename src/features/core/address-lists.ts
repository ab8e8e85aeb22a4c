/** Lists that another part handed out. */
export interface AddressListsState {
  readonly words: Int32Array;
  readonly starts: Int32Array;
}

/** Words of an entry: low half of the address, high half and tag, number. */
const ENTRY = 3;
const COUNT_MASK = 0xffffff;
const LEVEL_SHIFT = 24;
const HIGH = 2 ** 32;
const TAG_SHIFT = 16;
const ADDRESS_MASK = 0xffff;

/**
 * What finished windows keep by address: a list of (address, tag, number) of each window that has any, 12 bytes an
 * entry, one behind the other. Lists are known by their number; 0 is the empty one.
 */
export class AddressLists {
  private words = new Int32Array(1024);
  private used = 0;
  private starts = new Int32Array(256);
  /** List 0 is nowhere. */
  private count = 1;
  private entries = 0;

  /** Begins a list and returns its number. The entries follow through {@link append}, then {@link end}. */
  begin(): number {
    if (this.count === this.starts.length) this.starts = doubled(this.starts);
    this.starts[this.count] = this.reserve(1);
    this.entries = 0;
    return this.count++;
  }

  /** @param tag 0 to 65,535 */
  append(address: number, tag: number, value: number): void {
    const at = this.reserve(ENTRY);
    this.words[at] = address | 0;
    this.words[at + 1] = Math.floor(address / HIGH) | (tag << TAG_SHIFT);
    this.words[at + 2] = value;
    this.entries++;
  }

  /** @returns false: nothing was appended, and the list does not exist */
  end(level: number): boolean {
    if (this.entries === 0) {
      this.used = this.starts[--this.count];
      return false;
    }
    this.words[this.starts[this.count - 1]] = this.entries | (level << LEVEL_SHIFT);
    return true;
  }

  /** Entries of a list. */
  size(list: number): number {
    return list === 0 ? 0 : this.words[this.starts[list]] & COUNT_MASK;
  }

  /** How the addresses were sampled (address-sample.ts). */
  level(list: number): number {
    return list === 0 ? 0 : this.words[this.starts[list]] >>> LEVEL_SHIFT;
  }

  visit(list: number, visitor: (address: number, tag: number, value: number) => void): void {
    if (list === 0) return;
    const { words } = this;
    const first = this.starts[list] + 1;
    const end = first + this.size(list) * ENTRY;
    for (let at = first; at < end; at += ENTRY) {
      const high = words[at + 1];
      visitor((high & ADDRESS_MASK) * HIGH + (words[at] >>> 0), high >>> TAG_SHIFT, words[at + 2]);
    }
  }

  export(): AddressListsState {
    return { words: this.words.slice(0, this.used), starts: this.starts.slice(0, this.count) };
  }

  /** Takes over the lists of another part: its list number n, if not 0, is ours plus the returned number. */
  absorb({ words, starts }: AddressListsState): number {
    const base = this.count - 1;
    const first = this.reserve(words.length);
    this.words.set(words, first);
    while (base + starts.length > this.starts.length) this.starts = doubled(this.starts);
    for (let list = 1; list < starts.length; list++) this.starts[base + list] = first + starts[list];
    this.count += starts.length - 1;
    return base;
  }

  private reserve(words: number): number {
    const at = this.used;
    this.used += words;
    if (this.used > this.words.length) {
      const grown = new Int32Array(Math.max(this.used, Math.ceil(this.words.length * 1.5)));
      grown.set(this.words);
      this.words = grown;
    }
    return at;
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
