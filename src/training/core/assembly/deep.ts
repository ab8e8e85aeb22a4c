// Scores rows with trees of any depth: eight rows walk down one tree side by side, so that the memory fetches one row's
// node while another's is compared. Used where there are too many splits to compare a row with all of them.

/** float32 threshold; uint32 byte offset of the column; uint32 address of the left child; uint32 offset of the value. */

// A leaf's threshold is +infinity and its left child is itself: rows that arrived early stay where they are.
function next(node: u32, value: f32): u32 {
  return load<u32>(node, 8) + (u32(value > load<f32>(node)) << 4);
}

/**
 * Adds the path lengths of one tree to the sums of a block's rows, rounded up to a multiple of eight.
 *
 * @param root address of the tree's first node; children lie side by side, left first
 * @param levels splits on the longest way
 * @param turned columns of the block as `turn` leaves them
 * @param values float64 a leaf
 */
export function addDeepTree(
  root: u32,
  levels: u32,
  turned: usize,
  rows: usize,
  values: usize,
  sums: usize,
): void {
  for (let row: usize = 0; row < rows; row += 8) {
    const base = turned + row * 4;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    let e = root;
    let f = root;
    let g = root;
    let h = root;
    for (let level: u32 = 0; level < levels; level++) {
      a = next(a, load<f32>(base + load<u32>(a, 4)));
      b = next(b, load<f32>(base + load<u32>(b, 4), 4));
      c = next(c, load<f32>(base + load<u32>(c, 4), 8));
      d = next(d, load<f32>(base + load<u32>(d, 4), 12));
      e = next(e, load<f32>(base + load<u32>(e, 4), 16));
      f = next(f, load<f32>(base + load<u32>(f, 4), 20));
      g = next(g, load<f32>(base + load<u32>(g, 4), 24));
      h = next(h, load<f32>(base + load<u32>(h, 4), 28));
    }
    const sum = sums + row * 8;
    store<f64>(sum, load<f64>(sum) + load<f64>(values + load<u32>(a, 12)));
    store<f64>(sum, load<f64>(sum, 8) + load<f64>(values + load<u32>(b, 12)), 8);
    store<f64>(sum, load<f64>(sum, 16) + load<f64>(values + load<u32>(c, 12)), 16);
    store<f64>(sum, load<f64>(sum, 24) + load<f64>(values + load<u32>(d, 12)), 24);
    store<f64>(sum, load<f64>(sum, 32) + load<f64>(values + load<u32>(e, 12)), 32);
    store<f64>(sum, load<f64>(sum, 40) + load<f64>(values + load<u32>(f, 12)), 40);
    store<f64>(sum, load<f64>(sum, 48) + load<f64>(values + load<u32>(g, 12)), 48);
    store<f64>(sum, load<f64>(sum, 56) + load<f64>(values + load<u32>(h, 12)), 56);
  }
}
