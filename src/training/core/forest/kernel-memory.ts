/** The memory of a compiled kernel, which grows and never shrinks; growing detaches all views of it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB. */
  grow(pages: number): number;
}
