/**
 * Writes protocol/PROTOCOL.md from the declarations. Run by `npm run docs`; a test compares the
 * page with this output.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import * as protocol from '../protocol/index';

type Json = { readonly [key: string]: unknown };
interface Field {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}

/** Named schemas that protocol/ exports, without whole messages. */
function namedSchemas(): Map<string, z.ZodType> {
  return new Map(
    Object.entries<unknown>(protocol).filter(
      (entry): entry is [string, z.ZodType] =>
        entry[1] instanceof z.ZodType && entry[0] !== 'Empty',
    ),
  );
}

/** JSON schemas in which named schemas are references. */
function schemas(): { of: (schema: z.ZodType) => Json; types: Map<string, Json> } {
  const names = new Map([...namedSchemas()].map(([name, schema]) => [schema, name]));
  for (const [schema, id] of names)
    z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  const all = z.toJSONSchema(z.globalRegistry, { uri: (id) => id, unrepresentable: 'any' }) as {
    schemas: Record<string, Json>;
  };
  return {
    types: new Map(Object.entries(all.schemas)),
    of: (schema) => {
      const name = names.get(schema);
      return name === undefined
        ? (z.toJSONSchema(schema, { unrepresentable: 'any' }) as Json)
        : { $ref: name };
    },
  };
}

const refName = (schema: Json): string | undefined =>
  typeof schema['$ref'] === 'string'
    ? schema['$ref'].replace(/^#\/\$defs\//, '').replace(/^.*#/, '')
    : undefined;
const code = (text: string): string => `\`${text}\``;
const link = (name: string): string => `[${name}](#${name.toLowerCase()})`;
const isEmpty = (schema: Json): boolean =>
  schema['type'] === 'object' &&
  Object.keys((schema['properties'] ?? {}) as Json).length === 0 &&
  !hasMap(schema);
const hasMap = (schema: Json): boolean =>
  typeof schema['additionalProperties'] === 'object' &&
  Object.keys(schema['additionalProperties'] as Json).length > 0;

function limits(schema: Json): string {
  const parts: string[] = [];
  const add = (key: string, text: (n: number) => string): void => {
    const n = schema[key];
    // Whole numbers have the limits of JavaScript's integers, which are not informative.
    if (typeof n === 'number' && Math.abs(n) !== Number.MAX_SAFE_INTEGER) parts.push(text(n));
  };
  add('minimum', (n) => `≥ ${n}`);
  add('exclusiveMinimum', (n) => `> ${n}`);
  add('maximum', (n) => `≤ ${n}`);
  add('minLength', (n) => `≥ ${n} characters`);
  add('maxLength', (n) => `≤ ${n} characters`);
  add('minItems', (n) => `≥ ${n}`);
  add('maxItems', (n) => `≤ ${n}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** A type in a few words. Objects without a name are written in one line. */
function typeOf(schema: Json): string {
  const ref = refName(schema);
  if (ref !== undefined) return link(ref);
  if ('const' in schema) return code(JSON.stringify(schema['const']));
  if (Array.isArray(schema['enum']) && schema['enum'].length === protocol.ErrorCodes.length)
    return 'name of [Errors](#errors)';
  if (Array.isArray(schema['enum']))
    return schema['enum'].map((v) => code(String(v))).join(' \\| ');
  const union = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
  if (union) return union.map(typeOf).join(' \\| ');
  if (Array.isArray(schema['type'])) return schema['type'].join(' \\| ');
  switch (schema['type']) {
    case 'array': {
      const items = typeOf((schema['items'] ?? {}) as Json);
      return `list of ${items}${limits(schema)}`;
    }
    case 'object': {
      if (hasMap(schema)) return `map of name → ${typeOf(schema['additionalProperties'] as Json)}`;
      const required = new Set((schema['required'] ?? []) as string[]);
      const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(
        ([name, value]) => `${name}${required.has(name) ? '' : '?'}: ${typeOf(value)}`,
      );
      return `{ ${fields.join(', ')} }`;
    }
    case undefined:
      return 'anything';
    default:
      return `${String(schema['type'])}${limits(schema)}`;
  }
}

function fields(schema: Json): Field[] {
  const required = new Set((schema['required'] ?? []) as string[]);
  return Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(
    ([name, value]) => ({
      name: `${name}${required.has(name) ? '' : '?'}`,
      type: typeOf(value),
      doc: typeof value['description'] === 'string' ? value['description'] : '',
    }),
  );
}

function table(schema: Json): string {
  const rows = fields(schema).map(
    (f) => `| ${code(f.name)} | ${f.type} | ${f.doc.replaceAll('|', '\\|')} |`,
  );
  return ['| field | type | |', '|---|---|---|', ...rows].join('\n');
}

function body(title: string, schema: Json): string {
  if (isEmpty(schema)) return `${title}: none.`;
  if (schema['type'] === 'object' && !hasMap(schema)) return `${title}:\n\n${table(schema)}`;
  return `${title}: ${typeOf(schema)}.`;
}

const ARROWS = { clientToDaemon: 'client → daemon', daemonToClient: 'daemon → client' } as const;

function messageText(message: protocol.Message, of: (schema: z.ZodType) => Json): string {
  const parts = [
    `### ${code(message.method)}`,
    `${message.type === 'request' ? 'Request' : 'Notification'}, ${ARROWS[message.direction]}, since ${message.since}.`,
    message.doc,
    body('Params', of(message.params)),
  ];
  if (message.type === 'request') {
    parts.push(body('Result', of(message.result)));
    if (message.errors.length > 0) parts.push(`Errors: ${message.errors.map(code).join(', ')}.`);
  }
  return parts.join('\n\n');
}

/** SHA-256 of everything that both sides must agree on. */
export function declarationHash(): string {
  const { of, types } = schemas();
  const messages = Object.values(protocol.FAMILIES)
    .flat()
    .map((m) => ({
      ...m,
      params: of(m.params),
      ...(m.type === 'request' ? { result: of(m.result) } : {}),
    }));
  const {
    PROTOCOL_VERSION,
    HANDSHAKE_PREFIX,
    HANDSHAKE_OK,
    HANDSHAKE_DENIED,
    HANDSHAKE_MAX_BYTES,
    MESSAGE_MAX_BYTES,
    ERRORS,
    CLOSINGS,
    REMOTE_PATH,
    AUDIO_HEADER_BYTES,
    KEEPALIVE_MS,
    DEAD_MS,
    ANSWER_DEAD_MS,
  } = protocol;
  return createHash('sha256')
    .update(
      JSON.stringify({
        PROTOCOL_VERSION,
        HANDSHAKE_PREFIX,
        HANDSHAKE_OK,
        HANDSHAKE_DENIED,
        HANDSHAKE_MAX_BYTES,
        MESSAGE_MAX_BYTES,
        ERRORS,
        CLOSINGS,
        REMOTE_PATH,
        AUDIO_HEADER_BYTES,
        KEEPALIVE_MS,
        DEAD_MS,
        ANSWER_DEAD_MS,
        messages,
        types: [...types].sort(([a], [b]) => (a < b ? -1 : 1)),
      }),
    )
    .digest('hex');
}

const sentences = (...list: readonly string[]): string => list.join('\n');

/** A line of the handshake as code, with a visible line break. */
const answer = (line: string): string => code(line.replace('\n', '\\n'));

const anchorOf = (method: string): string => method.toLowerCase().replace(/[^a-z]/g, '');

function transport(): string[] {
  return [
    '## Transport',
    sentences(
      'JSON-RPC 2.0 with the framing of the Language Server Protocol, over a Unix socket or a named pipe.',
      'The file `daemon.json` in the state folder holds the path and the token.',
      'Before any JSON-RPC the client sends one line, ' +
        `${code(`${protocol.HANDSHAKE_PREFIX}<token>\\n`)}, of at most ` +
        `${protocol.HANDSHAKE_MAX_BYTES} bytes.`,
      `The daemon answers ${answer(protocol.HANDSHAKE_OK)}, or ${answer(protocol.HANDSHAKE_DENIED)} and closes.`,
      `A message has at most ${protocol.MESSAGE_MAX_BYTES / 1024 / 1024} MB; the limit is ` +
        'checked before the body is read.',
      `The first request is ${code('daemon/hello')}.`,
    ),
    sentences(
      'The same major version works; a higher minor version only adds.',
      'An older local daemon drains for a newer client.',
      'An older client gets `rpc.versionMismatch`, which names the side to update.',
    ),
  ];
}

function transportOverNetwork(): string[] {
  return [
    '## Transport over the network',
    sentences(
      `A daemon started with ${code('--listen')} uses the same JSON-RPC over a WebSocket ` +
        `at ${code(protocol.REMOTE_PATH)}.`,
      'Each text message is one object, without compression.',
      'Connections from other machines need TLS 1.2 or newer.',
      `The upgrade request carries ${code('Authorization: Bearer <token>')} and no ${code('Origin')}.`,
      'The daemon reads nothing else before the token matches.',
      `Each side pings every ${protocol.KEEPALIVE_MS / 1000} s and treats the other as ` +
        `dead after ${protocol.DEAD_MS / 1000} s of silence.`,
      `A client that waits for an answer pings after ${protocol.ANSWER_DEAD_MS / 2000} s.`,
      `It reconnects after ${protocol.ANSWER_DEAD_MS / 1000} s without any data.`,
    ),
    sentences(
      `A binary message is one ${code('audio/push')}: a header of ` +
        `${protocol.AUDIO_HEADER_BYTES} bytes, then whole frames as s16le.`,
      'All numbers of the header are little-endian.',
      `The answer is a text message like that of a request, with the ${code('id')} ` +
        `${code(`${protocol.AUDIO_ANSWER_PREFIX}<number>`)}.`,
    ),
    [
      '| byte | type | |',
      '|---|---|---|',
      '| 0 | u8 | version, 1 |',
      '| 1 | u8 | kind, 1 |',
      '| 2 | u16 | channel from `audio/open` |',
      '| 4 | u32 | message number, chosen by the client |',
      '| 8 | u32 | `seq` of the first frame |',
      '| 12 | u32 | `captureMs` of the first frame |',
    ].join('\n'),
    sentences(
      `A refused upgrade is an HTTP answer with the close code in the header ${code('Earmark-Close')}.`,
      `Its body is ${code('{message, data}')}, where ${code('data')} is [ErrorData](#errordata).`,
      'A connection that must end is closed with one of these codes.',
      'The client reconnects by itself if that helps, and otherwise informs a person.',
    ),
    [
      '| code | error | reconnects | |',
      '|---|---|---|---|',
      ...Object.entries(protocol.CLOSINGS).map(
        ([number, closing]) =>
          `| ${number} | ${code(closing.error)} | ${closing.recoverable ? 'yes' : 'no'} | ${closing.doc} |`,
      ),
    ].join('\n'),
  ];
}

export function renderProtocolPage(): string {
  const { of, types } = schemas();
  const { major, minor } = protocol.PROTOCOL_VERSION;
  const RETRY = { no: 'no', later: 'later', fix: 'after a change' } as const;
  const parts = [
    '# Protocol',
    `Version ${major}.${minor}. Hash of the declarations: ${code(declarationHash())}.`,
    'Generated from the declarations in this folder by `npm run docs`; a test compares ' +
      'the two. Both sides check every message against these names, types and limits.',
    ...transport(),
    ...transportOverNetwork(),
    '## Messages',
    Object.entries(protocol.FAMILIES)
      .map(
        ([family, messages]) =>
          `- ${family}: ${messages.map(({ method }) => `[${method}](#${anchorOf(method)})`).join(', ')}`,
      )
      .join('\n'),
  ];
  for (const [family, messages] of Object.entries(protocol.FAMILIES)) {
    parts.push(`## Family ${code(family)}`, ...messages.map((m) => messageText(m, of)));
  }
  parts.push('## Types');
  for (const [name, schema] of types) {
    const doc = typeof schema['description'] === 'string' ? [schema['description']] : [];
    const union = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
    const text = union
      ? `One of:\n\n${union.map((s) => `- ${typeOf(s)}`).join('\n')}`
      : schema['type'] === 'object' && !hasMap(schema)
        ? table(schema)
        : typeOf(schema);
    parts.push(`### ${name}`, ...doc, text);
  }
  parts.push(
    '## Errors',
    sentences(
      'An error is a JSON-RPC error whose `data` is [ErrorData](#errordata).',
      'Programs read the code and never parse the message.',
      'Every method may also return `rpc.*` and `internal`.',
    ),
    [
      '| name | code | shown to the user | does a retry help |',
      '|---|---|---|---|',
      ...Object.entries(protocol.ERRORS).map(
        ([name, e]) =>
          `| ${code(name)} | ${e.rpc} | ${e.user ? 'yes' : 'no'} | ${RETRY[e.retry]} |`,
      ),
    ].join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

export const PAGE = path.resolve(__dirname, '../protocol/PROTOCOL.md');

if (require.main === module) writeFileSync(PAGE, renderProtocolPage());
