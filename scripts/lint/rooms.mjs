// The import rules of ARCHITECTURE.md as data: the rooms, packages and Node modules that each room
// may import.
import { builtinModules } from 'node:module';
import path from 'node:path';

/** Node modules that compute only and do no I/O. */
const PURE_BUILTINS = [
  'assert',
  'buffer',
  'crypto',
  'events',
  'path',
  'path/posix',
  'string_decoder',
  'url',
  'util',
  'zlib',
];

/**
 * Packages that read disks, open devices, spawn processes or load native code. Only
 * `daemon/adapters` may import them.
 */
const IO_PACKAGES = [
  'libsql',
  'onnxruntime-node',
  'onnxruntime-web',
  'cmu-pronouncing-dictionary',
  'smart-whisper',
  'audiotee',
  'node-record-lpcm16',
  'pacote',
  'pino',
  'vscode',
  'vscode-jsonrpc',
  'cli-progress',
  'commander',
  'playwright-core',
  'prom-client',
  'ws',
  'pg',
  'node-pg-migrate',
  'jose',
  '@nats-io/transport-node',
  '@nats-io/jetstream',
  '@nats-io/kv',
];

/**
 * The daemon's rooms without I/O, and the rooms that each may import, types included. A room stands
 * below the rooms that it may import, so there are no circles. Add each new room here; otherwise
 * every file in it is refused. All may import `base`. Of a session, other rooms see the contract
 * alone.
 * @type {Record<string, string[]>}
 */
const ROOM_IMPORTS = {
  base: [],
  degrade: [],
  audio: [],
  vad: ['audio'],
  models: [],
  asr: ['audio', 'degrade', 'models', 'vad'],
  transcript: ['asr', 'audio'],
  telemetry: ['asr', 'audio', 'degrade', 'vad'],
  diarization: ['audio', 'transcript', 'vad'],
  echo: ['audio', 'transcript'],
  speech: ['asr', 'audio', 'telemetry', 'transcript', 'vad'],
  insights: ['transcript'],
  dictation: ['transcript'],
  notes: ['insights', 'transcript'],
  lsp: ['insights', 'notes'],
  session: [
    'asr',
    'audio',
    'degrade',
    'diarization',
    'echo',
    'insights',
    'speech',
    'telemetry',
    'transcript',
    'vad',
  ],
  uploads: ['audio', 'session/contract'],
  team: ['asr', 'audio', 'models', 'session/contract', 'telemetry', 'vad'],
  config: ['session/contract', 'team'],
};
const INNER = Object.keys(ROOM_IMPORTS);
/** What rooms above all of these may import. */
const inner = INNER.map((room) =>
  room === 'session' ? 'daemon/session/contract' : `daemon/${room}`,
);

/** Files of `protocol/` that all rooms share. They contain no wire types. */
const SHARED_WORDS = [
  'protocol/abbreviations',
  'protocol/dictationCommands',
  'protocol/errors',
  'protocol/plainText',
  'protocol/settings',
  'protocol/templateFiles',
  'protocol/templates',
  'protocol/version',
  'protocol/vocabulary',
];

/**
 * The language server communicates with the editor, not over the daemon's protocol. Its few
 * messages belong to its room.
 */
const NOTE_WORDS = ['protocol/noteNames', 'protocol/noteServer'];

/**
 * A room of tests or benches: it may import the product, `testing/` and the named folders.
 * @param {string} name
 * @param {RegExp} of
 * @param {string[]} folders
 */
const besidesProduct = (name, of, folders) => ({
  of,
  name,
  rooms: [
    ...folders,
    ...[
      'testing',
      'agents',
      'daemon',
      'client',
      'extension',
      'protocol',
      'scripts',
      'package.json',
    ],
  ],
  builtins: 'all',
  packages: {},
  why: 'what tests and benches share is in testing/, which knows neither',
});

/**
 * Room → permitted imports. `rooms`: folders and files of this project. `builtins` and `packages`:
 * permitted or refused names. The first room whose `of` matches is the room of a file.
 * @type {{of: RegExp, name: string, rooms: string[], builtins: string[] | 'all', packages: {only?:
 * string[], not?: string[]}, why: string}[]}
 */
export const ROOMS = [
  {
    of: /^protocol\//,
    name: 'protocol',
    rooms: ['protocol'],
    builtins: [],
    packages: { only: ['zod'] },
    why: 'protocol/ holds declarations only',
  },
  {
    of: /^media\//,
    name: 'media',
    rooms: ['media', 'protocol'],
    builtins: [],
    packages: { not: IO_PACKAGES },
    why: 'the page draws what it is told and knows the protocol alone',
  },
  {
    of: /^client\//,
    name: 'client',
    rooms: ['client', 'protocol'],
    builtins: 'all',
    packages: { only: ['vscode-jsonrpc', 'ws', 'zod', 'openid-client'] },
    why: 'client/ is shared by the extension and the command line and knows neither',
  },
  {
    of: /^agents\//,
    name: 'agents',
    rooms: ['agents', 'client', 'protocol', 'daemon/base'],
    builtins: PURE_BUILTINS,
    packages: { only: ['zod'] },
    why: 'agents/ is shared by the extension and the command line and reads no files and no network',
  },
  {
    of: /^extension\//,
    name: 'extension',
    rooms: ['extension', 'agents', 'client', 'protocol'],
    builtins: 'all',
    packages: {},
    why: 'the extension never imports the daemon or the page',
  },
  {
    of: /^daemon\/adapters\/transport\//,
    name: 'daemon/adapters/transport',
    rooms: [
      'daemon/adapters',
      ...inner,
      ...SHARED_WORDS,
      'protocol/remote',
      'client/wire',
      'client/local/daemonFile',
    ],
    builtins: 'all',
    packages: { not: ['vscode'] },
    why: 'a connection has two ends: wires and daemon.json are shared with the client, nothing else is',
  },
  {
    of: /^daemon\/adapters\//,
    name: 'daemon/adapters',
    rooms: ['daemon/adapters', ...inner, ...SHARED_WORDS],
    builtins: 'all',
    packages: { not: ['vscode'] },
    why: 'an adapter serves the inner rooms and knows no wire types',
  },
  {
    of: /^daemon\/cli\//,
    name: 'daemon/cli',
    rooms: ['daemon', 'agents', 'client', 'protocol', 'package.json'],
    builtins: 'all',
    packages: { not: ['vscode'] },
    why: 'the command line is a client beside the extension',
  },
  {
    of: /^daemon\/rpc\//,
    name: 'daemon/rpc',
    rooms: ['daemon/rpc', ...inner, 'protocol'],
    builtins: PURE_BUILTINS,
    packages: { not: IO_PACKAGES.filter((p) => p !== 'vscode-jsonrpc') },
    why: 'handlers reach disk, network and processes through what compose.ts gives them',
  },
  ...INNER.map((room) => ({
    of: new RegExp(`^daemon/${room}/`),
    name: `daemon/${room}`,
    rooms: [
      `daemon/${room}`,
      'daemon/base',
      ...ROOM_IMPORTS[room].map((other) => `daemon/${other}`),
      ...SHARED_WORDS,
      ...(room === 'lsp' ? NOTE_WORDS : []),
    ],
    builtins: PURE_BUILTINS,
    packages: { not: IO_PACKAGES },
    why: 'ROOM_IMPORTS does not list it, and a room outside adapters/ knows no wire types',
  })),
  {
    of: new RegExp(
      '^daemon/(main|runDaemon|worker|languageWorker|storeThread|analysisThread|compose|composeEngines|' +
        'composeLanguageModels|composeTenant|programFiles|notesServer|teamMain|teamWorker|teamServer|teamAdmin)\\.ts$',
    ),
    name: 'daemon entry',
    rooms: ['daemon', 'client', 'protocol', 'package.json'],
    builtins: 'all',
    packages: { not: ['vscode'] },
    why: 'the daemon is composed here',
  },
  besidesProduct('testing', /^testing\//, []),
  besidesProduct('tests of the benches', /^test\/unit\/(?:bench|docs)\//, [
    'test',
    'media',
    'bench',
  ]),
  besidesProduct('test', /^test\//, ['test', 'media', 'package.nls.json']),
  besidesProduct('bench', /^bench\//, ['bench']),
  {
    of: /^daemon\//,
    name: 'daemon, unknown room',
    rooms: [],
    builtins: [],
    packages: { only: [] },
    why: 'scripts/lint/rooms.mjs does not know this room',
  },
];

const within = (file, room) =>
  file === room || file === `${room}.ts` || file.startsWith(`${room}/`);

/**
 * @param {string} file path from the repository's root, with slashes
 * @param {string} specifier imported module
 * @returns {string | undefined} reason for a refusal; undefined if the import is permitted
 */
export function refusal(file, specifier) {
  const room = ROOMS.find((r) => r.of.test(file));
  if (!room) return undefined;
  if (specifier.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    if (room.name === 'daemon/cli' && within(target, 'daemon/rpc'))
      return (
        `${room.name} may not import ${target}: it reaches the daemon like any other ` + 'client.'
      );
    return room.rooms.some((r) => within(target, r))
      ? undefined
      : `${room.name} may not import ${target}: ${room.why}.`;
  }
  const bare = specifier.replace(/^node:/, '');
  if (specifier.startsWith('node:') || builtinModules.includes(bare)) {
    return room.builtins === 'all' || room.builtins.includes(bare)
      ? undefined
      : `${room.name} may not import ${specifier}: ${room.why}.`;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const { only, not } = room.packages;
  const refused = only ? !only.includes(name) : (not?.includes(name) ?? false);
  return refused ? `${room.name} may not import ${name}: ${room.why}.` : undefined;
}

/** True for files that receive time, environment and network as parameters. */
export const PURE_FILES = [...INNER.map((room) => `daemon/${room}`), 'daemon/rpc', 'protocol'].map(
  (room) => `${room}/**/*.ts`,
);
