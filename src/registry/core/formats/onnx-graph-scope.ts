import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-model.js';

/**
 * A part of a graph. What it makes is named after what it computes, with the part's prefix; names of {@link share}d values
 * mean the same in every part.
 */
export class GraphScope {
  readonly initializer: OnnxTensor[] = [];
  readonly node: OnnxNode[] = [];
  private readonly shared = new Set<string>();
  private prefix = '';

  /** Everything made inside of `build` gets the prefix. */
  within<T>(prefix: string, build: () => T): T {
    const outer = this.prefix;
    this.prefix = outer + prefix;
    try {
      return build();
    } finally {
      this.prefix = outer;
    }
  }

  /** @returns the name that the graph knows the output by */
  add(
    opType: string,
    input: readonly string[],
    output: string,
    attribute: readonly OnnxAttribute[] = [],
  ): string {
    const name = this.own(output);
    const read = input.map((one) => this.nameOf(one));
    this.node.push({ input: read, output: [name], name, opType, attribute, domain: '' });
    return this.share(name);
  }

  /** A node as it is, whose names are the graph's. */
  addWhole(node: OnnxNode): void {
    this.node.push(node);
    node.output.forEach((name) => this.share(name));
  }

  constant(tensor: OnnxTensor): string {
    const name = this.own(tensor.name);
    this.initializer.push({ ...tensor, name });
    return this.share(name);
  }

  /** From here on the name means this value in every part. */
  share(name: string): string {
    this.shared.add(name);
    return name;
  }

  /** The graph's name of something that this part makes. */
  own(name: string): string {
    return this.prefix + name;
  }

  /** The graph's name of something to read: this part's, else the shared one. */
  private nameOf(name: string): string {
    const own = this.own(name);
    return this.shared.has(own) || !this.shared.has(name) ? own : name;
  }
}
