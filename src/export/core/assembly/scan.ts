/** Position behind the static data: it must not reach into the tables. */
export function heapBase(): usize {
  return __heap_base;
}
