/** Lists that another part handed out. */
export interface AddressListsState {
  readonly words: Int32Array;
  readonly starts: Int32Array;
}

/** Words of an entry: low half of the address, high half and tag, number. */
export const ENTRY_WORDS = 3;
/** Words before the entries: how many there are and the level of the list, and how many of them come before the rest. */
const HEAD_WORDS = 2;
const COUNT_MASK = 0xffffff;
const LEVEL_SHIFT = 24;
const HIGH = 2 ** 32;
const TAG_SHIFT = 16;
const ADDRESS_MASK = 0xffff;

/**
 * What finished windows keep by address: a list of (address, tag, number) of each window that has any, 12 bytes an
 * entry, one behind the other. The entries of tag 0 come first, so that they can be read alone. Lists are known by their
 * number; 0 is the empty one.
 */
export class AddressLists {
  private words = new Int32Array(1024);
  private used = 0;
  private starts = new Int32Array(256);
  /** List 0 is nowhere. */
  private count = 1;
  private entries = 0;
  private untagged = 0;

  /** Begins a list and returns its number. The entries follow through {@link append}, then {@link end}. */
  begin(): number {
    if (this.count === this.starts.length) this.starts = doubled(this.starts);
    this.starts[this.count] = this.reserve(HEAD_WORDS);
    this.entries = 0;
    this.untagged = 0;
    return this.count++;
  }

  /** @param tag 0 to 65,535; those of 0 first */
  append(address: number, tag: number, value: number): void {
    const at = this.reserve(ENTRY_WORDS);
    this.words[at] = address | 0;
    this.words[at + 1] = Math.floor(address / HIGH) | (tag << TAG_SHIFT);
    this.words[at + 2] = value;
    this.entries++;
    if (tag === 0) this.untagged = this.entries;
  }

  /** @returns false: nothing was appended, and the list does not exist */
  end(level: number): boolean {
    const start = this.starts[this.count - 1];
    if (this.entries === 0) {
      this.used = start;
      this.count--;
      return false;
    }
    this.words[start] = this.entries | (level << LEVEL_SHIFT);
    this.words[start + 1] = this.untagged;
    return true;
  }

  /** Entries of a list. */
  size(list: number): number {
    return list === 0 ? 0 : this.words[this.starts[list]] & COUNT_MASK;
  }

  /** Entries of tag 0: the first ones. */
  untaggedSize(list: number): number {
    return list === 0 ? 0 : this.words[this.starts[list] + 1];
  }

  /** How the addresses were sampled (address-sample.ts). */
  level(list: number): number {
    return list === 0 ? 0 : this.words[this.starts[list]] >>> LEVEL_SHIFT;
  }

  /** Where entry `entry` of a list is; good for the readers below, until something is appended. */
  place(list: number, entry: number): number {
    return this.starts[list] + HEAD_WORDS + entry * ENTRY_WORDS;
  }

  address(place: number): number {
    return (this.words[place + 1] & ADDRESS_MASK) * HIGH + (this.words[place] >>> 0);
  }

  tag(place: number): number {
    return this.words[place + 1] >>> TAG_SHIFT;
  }

  value(place: number): number {
    return this.words[place + 2];
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
