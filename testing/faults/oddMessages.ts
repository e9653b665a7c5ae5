/** Messages that are nearly right: made from their declarations, then broken in some places. */
import { z } from 'zod';
import { FAMILIES, type RequestType } from '../../protocol';

export type Json = { readonly [key: string]: unknown };

/** xorshift32: the same seed gives the same inputs. */
export class Random {
  constructor(private state: number) {}
  next(below: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % below;
  }
  of<T>(all: readonly T[]): T {
    return all[this.next(all.length)]!;
  }
}

/** Values that break careless code. Long texts cost square time where a pattern backtracks. */
export const NASTY: readonly unknown[] = [
  ...['a.', 'a@a.', 'https://', '- ', 'one ', ' '].map((odd) => odd.repeat(20_000)),
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  -1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '\u0000',
  '__proto__',
  'x'.repeat(5_000),
  '\ud800',
  '../../etc/passwd',
  '%s%n',
  "' OR 1=1 --",
  [],
  {},
  [[[[[]]]]],
  { __proto__: null, toString: 1 },
];

/** A value that fits a JSON schema. */
export function valid(schema: Json, random: Random, depth = 0): unknown {
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return random.of(schema['enum']);
  const union = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
  if (union) return valid(random.of(union), random, depth + 1);
  switch (schema['type']) {
    case 'object': {
      const required = new Set((schema['required'] ?? []) as string[]);
      const entries = Object.entries((schema['properties'] ?? {}) as Record<string, Json>).filter(
        ([name]) => required.has(name) || random.next(3) === 0,
      );
      return Object.fromEntries(entries.map(([name, of]) => [name, valid(of, random, depth + 1)]));
    }
    case 'array':
      return validItems(schema, random, depth);
    case 'integer':
    case 'number':
      return Math.max(Number(schema['minimum'] ?? 0), random.next(1_000));
    case 'boolean':
      return random.next(2) === 0;
    default:
      return random.of(['a', 'mic', 'en', 's', '2026-11-21', 'AAAA']);
  }
}

function validItems(schema: Json, random: Random, depth: number): unknown[] {
  if (depth > 6) return [];
  const length = Math.max(Number(schema['minItems'] ?? 0), random.next(3));
  return Array.from({ length }, () => valid((schema['items'] ?? {}) as Json, random, depth + 1));
}

/** Replaces, removes, adds or nests somewhere in it. */
export function broken(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next(6) === 0) return random.of(NASTY);
  const keys = Object.keys(value);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...(value as unknown[])]
    : { ...value };
  const key = keys.length > 0 ? random.of(keys) : 'x';
  const at = copy as Record<string, unknown>;
  switch (random.next(4)) {
    case 0:
      delete at[key];
      break;
    case 1:
      if (!Array.isArray(copy))
        at[random.of(['extra', 'constructor', 'sessionId', 'length'])] = random.of(NASTY);
      break;
    default:
      at[key] = broken(at[key], random);
  }
  return copy;
}

const STRANGE_METHODS = ['', 'constructor', '__proto__', 'session/', 'x'.repeat(5_000), '\u0000'];
/** Would end the daemon. */
const LEFT_OUT = new Set(['daemon/shutdown', 'daemon/drain']);

/** A request of a client: a method, and parameters that may be wrong. */
export interface OddRequest {
  readonly method: string;
  readonly params: unknown;
}

/**
 * @param without methods to leave out
 * @returns a source of requests of every other method that a client may send
 */
export function oddRequests(
  without: readonly string[] = [],
): (random: Random, sessionId: string) => OddRequest {
  const schemas = Object.values(FAMILIES)
    .flat()
    .filter(
      (m): m is RequestType =>
        m.type === 'request' &&
        m.direction === 'clientToDaemon' &&
        !LEFT_OUT.has(m.method) &&
        !without.includes(m.method),
    )
    .map((m) => ({
      method: m.method,
      schema: z.toJSONSchema(m.params, { unrepresentable: 'any' }) as Json,
    }));
  return (random, sessionId) => {
    const { method, schema } = random.of(schemas);
    let params = valid(schema, random);
    if (
      random.next(2) === 0 &&
      typeof params === 'object' &&
      params !== null &&
      'sessionId' in params
    )
      params = { ...params, sessionId };
    for (let n = random.next(4); n > 0; n--) params = broken(params, random);
    return { method: random.next(50) === 0 ? random.of(STRANGE_METHODS) : method, params };
  };
}
