/**
 * JSON schema of an answer in the form that node-llama-cpp's grammar takes: alternatives as
 * `oneOf`, every property required, and no lengths, which would make the grammar very large. The
 * readers of answers check lengths. Pure.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Items of a list, at most; a longer list is a loop. */
const MAX_ITEMS = 100;

export function grammarSchema(schema: object): Schema {
  const given = schema as Schema;
  const options = given['anyOf'] ?? given['oneOf'];
  if (Array.isArray(options)) return { oneOf: options.map((one: object) => grammarSchema(one)) };
  if (Array.isArray(given['enum'])) return { enum: given['enum'] as unknown[] };
  if ('const' in given) return { const: given['const'] };
  if (given['type'] === 'object') return ofObject(given);
  if (given['type'] === 'array') return ofArray(given);
  return { type: given['type'] ?? 'string' };
}

function ofObject({ properties }: Schema): Schema {
  const entries = Object.entries((properties ?? {}) as Record<string, object>);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, one]) => [name, grammarSchema(one)])),
  };
}

function ofArray({ items, minItems, maxItems }: Schema): Schema {
  const most = typeof maxItems === 'number' ? Math.min(maxItems, MAX_ITEMS) : MAX_ITEMS;
  return {
    type: 'array',
    items: grammarSchema((items ?? {}) as object),
    ...(typeof minItems === 'number' && { minItems }),
    maxItems: most,
  };
}
