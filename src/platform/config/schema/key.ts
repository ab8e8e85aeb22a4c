import { ValidateBy } from 'class-validator';

/** What a value of one key must look like, said once for validation, environment variables and the documentation. */
export interface KeyRule {
  /** Completes "must be ...": type, range or allowed values. */
  readonly expected: string;
  /** Allowed words; used to suggest the nearest spelling. */
  readonly choices?: readonly string[];
  accepts(value: unknown): boolean;
  /** Text of an environment variable -> value; text that does not fit comes back unchanged and is then refused. */
  fromText(text: string): unknown;
}

export interface KeyOptions {
  /** Short environment names beside the regular one (the seeds' spelling). */
  readonly env?: readonly string[];
  /** A secret: set by the environment only, readable from a file named by `<NAME>_FILE`, never printed. */
  readonly secret?: boolean;
}

export type SchemaClass = new () => object;

export type SchemaNode =
  | { readonly kind: 'key'; readonly rule: KeyRule; readonly meaning: string; readonly options: KeyOptions }
  | { readonly kind: 'section'; readonly type: SchemaClass }
  | { readonly kind: 'map'; readonly type: SchemaClass; readonly name: KeyRule };

const registry = new WeakMap<object, Map<string, SchemaNode>>();

function register(target: object, property: string | symbol, node: SchemaNode): void {
  let members = registry.get(target.constructor);
  if (members === undefined) {
    members = new Map();
    registry.set(target.constructor, members);
  }
  members.set(String(property), node);
}

/** Keys and sections of a schema class in the order of declaration. */
export function membersOf(type: SchemaClass): ReadonlyMap<string, SchemaNode> {
  return registry.get(type) ?? new Map<string, SchemaNode>();
}

/** A leaf key: checked by class-validator with `rule`; `meaning` is the sentence printed in docs/configuration.md. */
export function Key(rule: KeyRule, meaning: string, options: KeyOptions = {}): PropertyDecorator {
  return (target, property) => {
    register(target, property, { kind: 'key', rule, meaning, options });
    const validator = {
      validate: (value: unknown) => rule.accepts(value),
      defaultMessage: () => `must be ${rule.expected}`,
    };
    ValidateBy({ name: 'rule', validator })(target, property);
  };
}

/** A group of keys with a fixed shape. */
export function Section(type: SchemaClass): PropertyDecorator {
  return (target, property) => {
    register(target, property, { kind: 'section', type });
  };
}

/** Named entries of one shape, e.g. deployment targets; the names must fit `name`. */
export function SectionMap(type: SchemaClass, name: KeyRule): PropertyDecorator {
  return (target, property) => {
    register(target, property, { kind: 'map', type, name });
  };
}
