/**
 * Reads the pickles this project writes (protocol 4, the opcodes of `pickle-writer.ts`) without running anything:
 * globals and calls stay symbols. A second implementation of the format, so that a test does not compare the writer
 * with itself.
 */

export class Global {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** `callable(*args)` or `cls.__new__(cls)`, with the state that BUILD gave it. */
export class PickledObject {
  state: unknown;

  constructor(
    readonly callable: Global,
    readonly args: readonly unknown[],
  ) {}
}

/** A Python float; plain numbers are Python ints, because scikit-learn tells them apart. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

export interface Unpickled {
  readonly value: unknown;
  /** Paths of all globals named, each once, in order. */
  readonly globals: readonly string[];
}

const MARK = Symbol('mark');

export function unpickle(bytes: Uint8Array): Unpickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo: unknown[] = [];
  const globals = new Set<string>();
  let at = 0;
  const text = (length: number): string => new TextDecoder('utf-8', { fatal: true }).decode(chunk(length));
  const chunk = (length: number): Uint8Array => {
    at += length;
    if (at > bytes.length) throw new Error('The pickle ends in the middle of a value.');
    return bytes.subarray(at - length, at);
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw new Error('The stack is empty.');
    return stack.pop();
  };
  const popToMark = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error('There is no mark on the stack.');
    const items = stack.splice(mark);
    return items.slice(1);
  };
  const top = (): unknown => stack[stack.length - 1];
  const advance = (count: number): number => {
    at += count;
    return at - count;
  };
  const recall = (index: number): void => {
    if (index >= memo.length) throw new Error(`Nothing was remembered as ${index}.`);
    stack.push(memo[index]);
  };
  if (bytes[0] !== 0x80 || bytes[1] !== 4) throw new Error('This is not a pickle of protocol 4.');
  at = 2;
  for (;;) {
    const opcode = chunk(1)[0];
    switch (opcode) {
      case 0x2e: {
        if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes follow the end.`);
        if (stack.length !== 1) throw new Error(`${stack.length} objects are left on the stack.`);
        return { value: stack[0], globals: [...globals] };
      }
      case 0x4e:
        stack.push(null);
        break;
      case 0x88:
        stack.push(true);
        break;
      case 0x89:
        stack.push(false);
        break;
      case 0x4b:
        stack.push(chunk(1)[0]);
        break;
      case 0x4d:
        stack.push(view.getUint16(advance(2), true));
        break;
      case 0x4a:
        stack.push(view.getInt32(advance(4), true));
        break;
      case 0x8a: {
        if (chunk(1)[0] !== 8) throw new Error('Only long integers of 8 bytes are known.');
        stack.push(Number(view.getBigInt64(advance(8), true)));
        break;
      }
      case 0x47:
        stack.push(new PythonFloat(view.getFloat64(advance(8), false)));
        break;
      case 0x8c:
        stack.push(text(chunk(1)[0]));
        break;
      case 0x58:
        stack.push(text(view.getUint32(advance(4), true)));
        break;
      case 0x43:
        stack.push(chunk(chunk(1)[0]));
        break;
      case 0x42:
        stack.push(chunk(view.getUint32(advance(4), true)));
        break;
      case 0x29:
        stack.push([]);
        break;
      case 0x85:
      case 0x86:
      case 0x87: {
        const items = Array.from({ length: opcode - 0x84 }, pop).reverse();
        stack.push(items);
        break;
      }
      case 0x28:
        stack.push(MARK);
        break;
      case 0x74:
        stack.push(popToMark());
        break;
      case 0x5d:
        stack.push([]);
        break;
      case 0x65: {
        const items = popToMark();
        (top() as unknown[]).push(...items);
        break;
      }
      case 0x7d:
        stack.push(new Map());
        break;
      case 0x75: {
        const items = popToMark();
        const dict = top() as Map<unknown, unknown>;
        for (let i = 0; i < items.length; i += 2) {
          if (dict.has(items[i])) throw new Error(`The key ${String(items[i])} occurs twice.`);
          dict.set(items[i], items[i + 1]);
        }
        break;
      }
      case 0x93: {
        const name = pop() as string;
        const global = new Global(pop() as string, name);
        globals.add(global.path);
        stack.push(global);
        break;
      }
      case 0x52:
      case 0x81: {
        const args = pop() as unknown[];
        stack.push(new PickledObject(pop() as Global, args));
        break;
      }
      case 0x62: {
        const state = pop();
        (top() as PickledObject).state = state;
        break;
      }
      case 0x94:
        memo.push(top());
        break;
      case 0x68:
        recall(chunk(1)[0]);
        break;
      case 0x6a:
        recall(view.getUint32(advance(4), true));
        break;
      default:
        throw new Error(`Unknown opcode 0x${opcode.toString(16)} at byte ${at - 1}.`);
    }
  }
}

/** Attributes of an object written with NEWOBJ and BUILD. */
export function attributes(object: unknown): Map<string, unknown> {
  if (!(object instanceof PickledObject) || !(object.state instanceof Map)) {
    throw new Error('This is not an object with attributes.');
  }
  return object.state as Map<string, unknown>;
}

export interface NumpyArray {
  readonly shape: readonly number[];
  readonly dtype: PickledObject;
  readonly data: DataView;
}

/** Takes a numpy array apart and checks that its data have the length that shape and dtype ask for. */
export function numpyArray(object: unknown): NumpyArray {
  if (!(object instanceof PickledObject) || object.callable.path !== 'numpy.core.multiarray._reconstruct') {
    throw new Error('This is not a numpy array.');
  }
  const [version, shape, dtype, fortran, data] = object.state as [
    number,
    number[],
    PickledObject,
    boolean,
    Uint8Array,
  ];
  if (version !== 1 || fortran) throw new Error('Only arrays in C order are known.');
  const [type] = dtype.args;
  const itemBytes = type instanceof Map ? (type.get('itemsize') as number) : 8;
  const expected = shape.reduce((product, size) => product * size, itemBytes);
  if (data.length !== expected) throw new Error(`The array has ${data.length} bytes, expected ${expected}.`);
  return { shape, dtype, data: new DataView(data.buffer, data.byteOffset, data.byteLength) };
}

export function int64Values(object: unknown): number[] {
  const { data, dtype } = numpyArray(object);
  if (dtype.args[0] !== '<i8') throw new Error('This is not an int64 array.');
  return Array.from({ length: data.byteLength / 8 }, (_, i) => Number(data.getBigInt64(8 * i, true)));
}

export function float64Values(object: unknown): number[] {
  const { data, dtype } = numpyArray(object);
  if (dtype.args[0] !== '<f8') throw new Error('This is not a float64 array.');
  return Array.from({ length: data.byteLength / 8 }, (_, i) => data.getFloat64(8 * i, true));
}
