import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';

type Schema = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema?: Schema;
}
interface Answers {
  readonly [status: string]: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
}
export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Answers;
}
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Values that lead somewhere: names and ids of things that exist, and texts that break things elsewhere. */
export type Pools = Readonly<Record<string, readonly string[]>>;

const NASTY = [
  '',
  ' ',
  '\u0000',
  '..',
  '%2e%2e%2f',
  "' OR 1=1 --",
  '\u202e',
  'a'.repeat(300),
  '-1',
  'null',
  '１',
  '🙂',
  '{}',
  '\r\nx: y',
];
const NOBODY = '00000000-0000-4000-8000-000000000000';
const DATES = [
  '2026-11-21',
  '2026-02-31',
  '2026-11-21T10:00:00Z',
  '0001-01-01',
  '275760-09-13',
  '9999-12-31T23:59:59Z',
];

/** Requests made from an OpenAPI document, right and wrong ones, and the judgement of what came back. */
export class OpenApiFuzz {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: false });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(
    private readonly document: OpenApiDocument,
    private readonly pools: Pools,
  ) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'openapi', ...document });
  }

  get operations(): { method: string; path: string; operation: Operation }[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
  }

  requests(method: string, path: string, operation: Operation): fc.Arbitrary<FuzzRequest> {
    const parameters = operation.parameters ?? [];
    const inPath = parameters.filter((one) => one.in === 'path');
    const inQuery = parameters.filter((one) => one.in === 'query');
    const content = operation.requestBody?.content ?? {};
    return fc
      .record({
        segments: fc.tuple(...inPath.map((one) => this.text(one.name, one.schema ?? {}))),
        query: fc.tuple(
          ...inQuery.map((one) => fc.option(this.text(one.name, one.schema ?? {}), { freq: 2 })),
        ),
        // Rarely: no route takes a parameter that it does not have, so nothing behind that answers such a request.
        extra: fc.oneof(
          { weight: 15, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: fc.constantFrom('x=1', 'limit=', '__proto__=1', 'sort[]=a') },
        ),
        body: this.body(content),
        ifMatch: fc.constantFrom('*', '"x"', 'W/"y"', null),
        key: fc.option(fc.constantFrom('k1', 'k2', 'a b'), { freq: 5 }),
        range: fc.option(fc.constantFrom('bytes=0-9', 'bytes=-1', 'bytes=9-1', 'x'), { freq: 5 }),
      })
      .map(({ segments, query, extra, body, ifMatch, key, range }) => {
        const target = inPath.reduce(
          (text, one, i) => text.replace(`{${one.name}}`, () => segment(segments[i])),
          path,
        );
        const pairs = inQuery.flatMap((one, i) => {
          const value = query[i];
          return value === null ? [] : [`${encode(one.name)}=${encode(value)}`];
        });
        const search = [...pairs, ...(extra === null ? [] : [extra])].join('&');
        return {
          method: method.toUpperCase(),
          path: search === '' ? target : `${target}?${search}`,
          headers: {
            ...(body === null ? {} : { 'content-type': body.type }),
            ...(ifMatch === null ? {} : { 'if-match': ifMatch }),
            ...(key === null ? {} : { 'idempotency-key': key }),
            ...(range === null ? {} : { range }),
          },
          body: body?.text ?? null,
        };
      });
  }

  /** One request for each member of a JSON body that the document does not let be null: the member alone, as null. */
  nulls(
    method: string,
    path: string,
    { parameters = [], requestBody }: Operation,
  ): (FuzzRequest & { readonly member: string })[] {
    const schema = this.resolved(requestBody?.content['application/json']?.schema ?? {});
    const target = parameters
      .filter((one) => one.in === 'path')
      .reduce(
        (text, { name }) => text.replace(`{${name}}`, name in this.pools ? this.pools[name][0] : NOBODY),
        path,
      );
    const isTrial = parameters.some(({ name }) => name === 'dry_run');
    return Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>)
      .filter(([, member]) => !this.allowsNull(member))
      .map(([member]) => ({
        ...{ member, method: method.toUpperCase(), path: `${target}${isTrial ? '?dry_run=true' : ''}` },
        headers: { 'content-type': 'application/json', 'if-match': '*' },
        body: JSON.stringify({ [member]: null }),
      }));
  }

  /** null = the answer is one that the document describes. */
  problem(
    path: string,
    method: string,
    operation: Operation,
    { status, type, text }: FuzzAnswer,
  ): string | null {
    if (status >= 500) return `status ${status}: ${text.slice(0, 300)}`;
    if (status === 304) return null;
    const answer = operation.responses[String(status)];
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- a document says what it says
    if (answer === undefined) return `undocumented status ${status}: ${text.slice(0, 300)}`;
    if (method === 'head' || text === '') return null;
    const media = type.split(';')[0].trim();
    const content = answer.content ?? {};
    if (!(media in content)) return `undocumented media type "${media}" of ${status}: ${text.slice(0, 200)}`;
    if (!media.endsWith('json')) return null;
    const pointer = ['paths', path, method, 'responses', String(status), 'content', media, 'schema'];
    const validate = this.validator(`openapi#/${pointer.map(escape).join('/')}`);
    if (validate(JSON.parse(text))) return null;
    return `${status} does not match its schema: ${this.ajv.errorsText(validate.errors)}: ${text.slice(0, 300)}`;
  }

  private validator(ref: string): ValidateFunction {
    const known = this.validators.get(ref) ?? this.ajv.compile({ $ref: ref });
    this.validators.set(ref, known);
    return known;
  }

  private body(content: NonNullable<Operation['requestBody']>['content']) {
    const types = Object.keys(content);
    if (types.length === 0) return fc.constant(null);
    return fc.constantFrom(...types).chain((type) => {
      if (type === 'multipart/form-data')
        return fc.constantFrom(...FORMS).map((text) => ({ type: 'multipart/form-data; boundary=b', text }));
      if (!type.endsWith('json')) return fc.string().map((text) => ({ type, text }));
      const schema = content[type].schema ?? {};
      const whole = fc.oneof(
        { weight: 9, arbitrary: this.value('', schema, 0) },
        { weight: 1, arbitrary: fc.jsonValue() },
      );
      return fc
        .oneof(
          { weight: 20, arbitrary: whole.map((value) => JSON.stringify(value)) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              '',
              '{',
              '{"a":1,"a":2}',
              '[]',
              'null',
              '{"__proto__":{"polluted":1}}',
            ),
          },
        )
        .map((text) => ({ type, text }));
    });
  }

  private text(name: string, schema: Schema): fc.Arbitrary<string> {
    return fc.oneof(
      {
        weight: 6,
        arbitrary: this.value(name, schema, 0).map((value) =>
          typeof value === 'string' ? value : JSON.stringify(value),
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
    );
  }

  /** Mostly what the schema asks for; one time in twelve something else. */
  private value(name: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const right = this.conforming(name, this.resolved(schema), depth);
    return fc.oneof(
      { weight: 11, arbitrary: right },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    );
  }

  private conforming(name: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const choices = (schema['oneOf'] ?? schema['anyOf'] ?? schema['allOf']) as readonly Schema[] | undefined;
    if (choices !== undefined) return fc.oneof(...choices.map((one) => this.value(name, one, depth + 1)));
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
    const type = [schema['type']].flat()[0];
    if (type === 'integer' || type === 'number') return numberOf(schema, type);
    if (type === 'boolean') return fc.boolean();
    if (type === 'null') return fc.constant(null);
    if (type === 'array') {
      const items = this.value(name, (schema['items'] as Schema | undefined) ?? {}, depth + 1);
      return fc.array(items, { maxLength: depth > 3 ? 0 : 3 });
    }
    if (type === 'object') return this.objectOf(schema, depth);
    return this.stringOf(name);
  }

  private objectOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
    const needed = (schema['required'] ?? []) as readonly string[];
    const names = Object.keys(properties);
    if (names.length === 0)
      return fc.dictionary(
        fc.constantFrom('model', 'features', 'a', '__proto__'),
        fc.jsonValue({ maxDepth: 2 }),
        { maxKeys: 2 },
      );
    const members = Object.fromEntries(
      names.map((name) => [name, this.value(name, properties[name], depth + 1)]),
    );
    const optional = fc.record(members, { requiredKeys: [] });
    const required = fc.record(
      Object.fromEntries(needed.filter((name) => name in members).map((name) => [name, members[name]])),
    );
    return fc
      .tuple(optional, required, fc.boolean(), fc.boolean())
      .map(([some, all, isComplete, isSmall]) => {
        const kept = isSmall ? Object.fromEntries(Object.entries(some).slice(0, 2)) : some;
        return isComplete || !isSmall ? { ...kept, ...all } : kept;
      });
  }

  private stringOf(name: string): fc.Arbitrary<string> {
    const known = this.pools[name] ?? [];
    return fc.oneof(
      { weight: known.length > 0 ? 8 : 0, arbitrary: fc.constantFrom(...(known.length > 0 ? known : [''])) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          ...(/date|since|until|created|expires/.test(name) ? DATES : ['wifi', 'a', 'ok.json']),
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
      { weight: 1, arbitrary: fc.uuid() },
    );
  }

  private allowsNull(schema: Schema): boolean {
    const { type, oneOf, anyOf, allOf } = this.resolved(schema);
    const some = [oneOf, anyOf, allOf].flat().filter((one): one is Schema => one !== undefined);
    if (some.length > 0) return some.some((one) => this.allowsNull(one));
    return type === undefined || [type].flat().includes('null');
  }

  private resolved(schema: Schema): Schema {
    const ref = schema['$ref'];
    if (typeof ref !== 'string') return schema;
    const parts = ref.replace(/^#\//, '').split('/');
    return parts.reduce<unknown>((tree, part) => (tree as Schema)[part], this.document) as Schema;
  }
}

function numberOf({ minimum, maximum }: Schema, type: 'integer' | 'number'): fc.Arbitrary<number> {
  const low = typeof minimum === 'number' ? minimum : -10;
  const high = typeof maximum === 'number' ? maximum : 1000;
  const inside =
    type === 'integer'
      ? fc.integer({ min: low, max: high })
      : fc.double({ min: low, max: high, noNaN: true });
  const odd = fc.constantFrom(low - 1, high + 1, 0, -0, 1e308, 2 ** 53, 0.5);
  return fc.oneof({ weight: 6, arbitrary: inside }, { weight: 1, arbitrary: odd });
}

const part = (head: string, text: string): string =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
const FORMS = [
  `${part('name="file"; filename="a.json"', '{"logs":[]}')}--b--\r\n`,
  `${part('name="file"; filename="a.zip"', 'PK\u0003\u0004')}${part('name="model_name"', 'A B')}--b--\r\n`,
  `${part('name="file"; filename="a.onnx"', '\b\u0007')}${part('name="export_file"', 'ok.json')}--b--\r\n`,
  `${part('name="other"', 'x')}--b--\r\n`,
  '--b--\r\n',
  '--b',
  '',
];

/** A lone surrogate cannot be written into an address. */
const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'));
/** Dots and nothing would lead to another address before they are sent. */
const segment = (text: string): string => (/^\.{0,2}$/.test(text) ? 'x' : encode(text));
const escape = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
