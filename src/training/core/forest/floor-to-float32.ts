const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** Largest float32 that is not above `value` (finite, within float32 range). */
export function floorToFloat32(value: number): number {
  const rounded = Math.fround(value);
  if (rounded <= value) return rounded;
  // One step towards minus infinity: float32 bit patterns are ordered by magnitude. Rounding up to (minus) zero means
  // a value just below zero, whose floor is the smallest negative subnormal.
  if (rounded === 0) return -(2 ** -149);
  float[0] = rounded;
  bits[0] += rounded > 0 ? -1 : 1;
  return float[0];
}
