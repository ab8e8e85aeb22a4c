import { pairHash } from './pair-hash.js';

const PAGE_BITS = 5;
/** Windows of one owner that lie side by side: small, so that an outlier costs little. */
const PAGE = 1 << PAGE_BITS;
const BLOCK_BITS = 11;
/** Pages allocated at once. */
const BLOCK = 1 << BLOCK_BITS;
const MIN_CELLS = 256;

/**
 * Where the sums of a window are: (owner, window index) -> any number but 0, which means nowhere. Pages of 32 windows
 * found by a hash table: 4 to 5 bytes a window where the grid is filled, one page for a lonely window, never the range
 * between two. Window indices are whole numbers of any size.
 */
export class WindowIndex {
  private readonly blocks: Int32Array[] = [];
  private pageOwner = new Int32Array(MIN_CELLS);
  private pageNumber = new Float64Array(MIN_CELLS);
  private pages = 0;
  private cells = new Int32Array(MIN_CELLS).fill(-1);
  private mask = MIN_CELLS - 1;

  /** The number of a window, or 0. */
  get(owner: number, window: number): number {
    const page = this.find(owner, Math.floor(window / PAGE));
    if (page < 0) return 0;
    return this.blocks[page >> BLOCK_BITS][entry(page, window)];
  }

  set(owner: number, window: number, value: number): void {
    const number = Math.floor(window / PAGE);
    let page = this.find(owner, number);
    if (page < 0) page = this.addPage(owner, number);
    this.blocks[page >> BLOCK_BITS][entry(page, window)] = value;
  }

  /** Calls back for every window that has a number, in no particular order. */
  forEach(visit: (owner: number, window: number, value: number) => void): void {
    for (let page = 0; page < this.pages; page++) {
      const block = this.blocks[page >> BLOCK_BITS];
      const first = this.pageNumber[page] * PAGE;
      const from = (page & (BLOCK - 1)) << PAGE_BITS;
      for (let i = 0; i < PAGE; i++) {
        if (block[from + i] !== 0) visit(this.pageOwner[page], first + i, block[from + i]);
      }
    }
  }

  /** Pages in use. */
  get size(): number {
    return this.pages;
  }

  private find(owner: number, number: number): number {
    const { cells, mask, pageOwner, pageNumber } = this;
    for (let cell = pairHash(owner, number) & mask; cells[cell] >= 0; cell = (cell + 1) & mask) {
      const page = cells[cell];
      if (pageOwner[page] === owner && pageNumber[page] === number) return page;
    }
    return -1;
  }

  private addPage(owner: number, number: number): number {
    const page = this.pages++;
    if (page === this.pageOwner.length) this.grow();
    this.pageOwner[page] = owner;
    this.pageNumber[page] = number;
    if (page >> BLOCK_BITS === this.blocks.length) this.blocks.push(new Int32Array(BLOCK * PAGE));
    if (this.pages * 2 > this.cells.length) this.repairHash();
    else this.place(page);
    return page;
  }

  private grow(): void {
    const owners = new Int32Array(this.pageOwner.length * 2);
    owners.set(this.pageOwner);
    this.pageOwner = owners;
    const numbers = new Float64Array(owners.length);
    numbers.set(this.pageNumber);
    this.pageNumber = numbers;
  }

  private repairHash(): void {
    this.cells = new Int32Array(this.cells.length * 2).fill(-1);
    this.mask = this.cells.length - 1;
    for (let page = 0; page < this.pages; page++) this.place(page);
  }

  private place(page: number): void {
    let cell = pairHash(this.pageOwner[page], this.pageNumber[page]) & this.mask;
    while (this.cells[cell] >= 0) cell = (cell + 1) & this.mask;
    this.cells[cell] = page;
  }
}

/** Position of a window in the block of its page. */
function entry(page: number, window: number): number {
  return ((page & (BLOCK - 1)) << PAGE_BITS) + (window - Math.floor(window / PAGE) * PAGE);
}
