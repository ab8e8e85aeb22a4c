/** Lists that another part handed out. */
export interface AddressListsState {
  readonly chunks: readonly Int32Array[];
  readonly starts: Int32Array;
}

/** Words of an entry: low half of the address, high half and tag, number. */
const ENTRY_WORDS = 3;
/** Words before the entries: how many there are and the level of the list, and how many of them come before the rest. */
const HEAD_WORDS = 2;
const COUNT_MASK = 0xffffff;
const LEVEL_SHIFT = 24;
const HIGH = 2 ** 32;
const TAG_SHIFT = 16;
const ADDRESS_MASK = 0xffff;
/** A place is the number of a chunk and, in the low bits, a word in it. */
const CHUNK_BITS = 16;
const CHUNK_WORDS = 1 << CHUNK_BITS;
const WORD_MASK = CHUNK_WORDS - 1;
/**
 * Entries of a list, which lies in one chunk: more than the samples of addresses let through, unless somebody has chosen
 * addresses that every sample follows. Of those the first ones are kept.
 */
const MAX_ENTRIES = 21_000;

/**
 * What finished windows keep by address: a list of (address, tag, number) of each window that has any, 12 bytes an
 * entry, one behind the other in chunks that are never copied. The entries of tag 0 come first, so that they can be read
 * alone. Lists are known by their number; 0 is the empty one.
 */
export class AddressLists {
  private readonly chunks: Int32Array[] = [];
  /** The chunk that is filled, and words of it in use. */
  private chunk = new Int32Array(0);
  private current = -1;
  private used = CHUNK_WORDS;
  /** Places. */
  private starts = new Int32Array(256);
  /** List 0 is nowhere. */
  private count = 1;
  private entries = 0;
  private untagged = 0;

  /** Begins a list and returns its number. The entries follow through {@link append}, then {@link end}. */
  begin(): number {
    if (this.count === this.starts.length) this.starts = doubled(this.starts);
    if (this.used + HEAD_WORDS > CHUNK_WORDS) this.addChunk();
    this.starts[this.count] = (this.current << CHUNK_BITS) | this.used;
    this.used += HEAD_WORDS;
    this.entries = 0;
    this.untagged = 0;
    return this.count++;
  }

  /** @param tag 0 to 65,535; those of 0 first */
  append(address: number, tag: number, value: number): void {
    if (this.entries === MAX_ENTRIES) return;
    if (this.used + ENTRY_WORDS > CHUNK_WORDS) this.moveList();
    const { chunk, used } = this;
    chunk[used] = address | 0;
    chunk[used + 1] = Math.floor(address / HIGH) | (tag << TAG_SHIFT);
    chunk[used + 2] = value;
    this.used = used + ENTRY_WORDS;
    this.entries++;
    if (tag === 0) this.untagged = this.entries;
  }

  /** @returns false: nothing was appended, and the list does not exist */
  end(level: number): boolean {
    const start = this.starts[this.count - 1] & WORD_MASK;
    if (this.entries === 0) {
      this.used = start;
      this.count--;
      return false;
    }
    this.chunk[start] = this.entries | (level << LEVEL_SHIFT);
    this.chunk[start + 1] = this.untagged;
    return true;
  }

  /** Entries of a list. */
  size(list: number): number {
    return list === 0 ? 0 : this.head(list, 0) & COUNT_MASK;
  }

  /** Entries of tag 0: the first ones. */
  untaggedSize(list: number): number {
    return list === 0 ? 0 : this.head(list, 1);
  }

  /** How the addresses were sampled (address-sample.ts). */
  level(list: number): number {
    return list === 0 ? 0 : this.head(list, 0) >>> LEVEL_SHIFT;
  }

  /** Where entry `entry` of a list is, for the readers below. */
  place(list: number, entry: number): number {
    return this.starts[list] + HEAD_WORDS + entry * ENTRY_WORDS;
  }

  address(place: number): number {
    const words = this.chunks[place >>> CHUNK_BITS];
    const at = place & WORD_MASK;
    return (words[at + 1] & ADDRESS_MASK) * HIGH + (words[at] >>> 0);
  }

  tag(place: number): number {
    return this.chunks[place >>> CHUNK_BITS][(place & WORD_MASK) + 1] >>> TAG_SHIFT;
  }

  value(place: number): number {
    return this.chunks[place >>> CHUNK_BITS][(place & WORD_MASK) + 2];
  }

  export(): AddressListsState {
    const { chunks, current, used } = this;
    return {
      chunks: chunks.map((chunk, i) => (i === current ? chunk.slice(0, used) : chunk)),
      starts: this.starts.slice(0, this.count),
    };
  }

  /** Takes over the lists of another part: its list number n, if not 0, is ours plus the returned number. */
  absorb({ chunks, starts }: AddressListsState): number {
    const base = this.count - 1;
    const first = this.chunks.length << CHUNK_BITS;
    this.chunks.push(...chunks);
    while (base + starts.length > this.starts.length) this.starts = doubled(this.starts);
    for (let list = 1; list < starts.length; list++) this.starts[base + list] = first + starts[list];
    this.count += starts.length - 1;
    return base;
  }

  private head(list: number, word: number): number {
    const start = this.starts[list];
    return this.chunks[start >>> CHUNK_BITS][(start & WORD_MASK) + word];
  }

  private addChunk(): void {
    this.chunk = new Int32Array(CHUNK_WORDS);
    this.current = this.chunks.push(this.chunk) - 1;
    this.used = 0;
  }

  /** The list that is being written does not fit into its chunk: it goes on in another one, all of it. */
  private moveList(): void {
    const list = this.count - 1;
    const written = this.chunk.subarray(this.starts[list] & WORD_MASK, this.used);
    this.addChunk();
    this.chunk.set(written);
    this.used = written.length;
    this.starts[list] = this.current << CHUNK_BITS;
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
