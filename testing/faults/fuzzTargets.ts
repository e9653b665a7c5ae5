/**
 * What is fuzzed, and how: inputs that are nearly right. Messages are made from their declarations
 * and then broken in one to three places; bytes are whole records or frames of which some are
 * flipped, cut out or doubled. An input counts as survived when it is answered, or refused with an
 * error of the catalogue that is not `internal`, in bounded time.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { decodeAudio, encodeAudio } from '../../protocol/remote';
import { EarmarkError } from '../../protocol/errors';
import {
  FRAME_RECORD_BYTES,
  records,
  writeFrame,
  writeMark,
} from '../../daemon/adapters/store/spool/spoolRecord';
import { checkWhisperBytes, GGML_MAGIC } from '../../daemon/adapters/inference/whisper/whisperFile';
import { silentLogger } from '../../daemon/base/logger';
import { ENVIRONMENT } from '../../daemon/config/environment';
import { LiveSettings } from '../../daemon/config/liveSettings';
import { parseOptions } from '../../daemon/runDaemon';
import { Settings } from '../../protocol/settings';
import { MemorySettingsFile } from '../fakes/memorySettingsFile';
import { broken, type Json, NASTY, oddRequests, Random, valid } from './oddMessages';
import { PUSHED, RpcHarness, type TestClient } from '../harness/rpcHarness';

export interface Target {
  readonly name: string;
  /** @throws what no input may cause */
  run(random: Random): Promise<void> | void;
  /** Between rounds: lets go of what the inputs made. */
  renew?(): Promise<void> | void;
}

function requireKnown(error: unknown): void {
  if (!(error instanceof EarmarkError) || error.code === 'internal') throw error;
}

function rpcTarget(): Target {
  const next = oddRequests();
  let rpc: RpcHarness | undefined;
  let client: TestClient;
  let sessionId = '';
  const renew = async (): Promise<void> => {
    rpc?.dispose();
    rpc = new RpcHarness();
    client = await rpc.client();
    sessionId = ((await client.raw('session/start', PUSHED)) as { session: { id: string } }).session
      .id;
  };
  return {
    name: 'RPC messages',
    renew,
    run: async (random) => {
      const { method, params } = next(random, sessionId);
      // What waits (for a model, for the end of a session) is not the question here.
      const answer = client.raw(method, params).catch(requireKnown);
      await Promise.race([answer, new Promise((resolve) => setImmediate(resolve))]);
      client.notes.length = 0;
    },
  };
}

function mangled(bytes: Uint8Array, random: Random): Buffer {
  let copy = Buffer.from(bytes);
  for (let n = random.next(5); n > 0 && copy.length > 0; n--) {
    const at = random.next(copy.length);
    switch (random.next(4)) {
      case 0:
        copy[at] = random.next(256);
        break;
      case 1:
        copy[at]! ^= 1 << random.next(8);
        break;
      case 2:
        copy = Buffer.concat([
          copy.subarray(0, at),
          copy.subarray(Math.min(copy.length, at + random.next(40))),
        ]);
        break;
      default:
        copy = Buffer.concat([
          copy.subarray(0, at),
          copy.subarray(at, at + random.next(40)),
          copy.subarray(at),
        ]);
    }
  }
  return copy;
}

function audioTarget(): Target {
  let rpc: RpcHarness | undefined;
  let client: TestClient;
  let channel = 0;
  const frame = new Uint8Array(640);
  return {
    name: 'binary frames',
    renew: async () => {
      rpc?.dispose();
      rpc = new RpcHarness();
      client = await rpc.client();
      const { session } = (await client.raw('session/start', PUSHED)) as {
        session: { id: string };
      };
      ({ channel } = (await client.raw('audio/open', {
        sessionId: session.id,
        source: 'file',
      })) as { channel: number });
    },
    run: async (random) => {
      const message = decodeAudio(
        mangled(
          encodeAudio(
            { channel, id: random.next(1e9), seq: random.next(40), captureMs: random.next(1e6) },
            frame,
          ),
          random,
        ),
      );
      if (!message) return;
      try {
        await client.handler.audio?.({ ...message.header, pcm: message.pcm });
      } catch (error) {
        requireKnown(error);
      }
      client.notes.length = 0;
    },
  };
}

function spoolTarget(): Target {
  const whole = Buffer.alloc(4 * FRAME_RECORD_BYTES);
  let end = writeMark(whole, 0, 'mic', 7);
  for (let seq = 0; seq < 3; seq++)
    end += writeFrame(whole, end, {
      source: 'mic',
      seq,
      captureMs: seq * 20,
      pcm: new Int16Array(320).fill(seq),
    });
  return {
    name: 'spool records',
    run: (random) => {
      const bytes = mangled(whole.subarray(0, end), random);
      let last = 0;
      for (const record of records(bytes)) {
        if (record.at < last || record.end > bytes.length)
          throw new Error('A record lies outside its file.');
        last = record.end;
      }
    },
  };
}

function configurationTarget(): Target {
  const schema = z.toJSONSchema(Settings, { unrepresentable: 'any', io: 'input' }) as Json;
  const words = [
    '--home',
    '--idle-ms',
    '--log-level',
    '--listen',
    '--tls-cert',
    '--tls-key',
    'debug',
    '5000',
    '0.0.0.0:7443',
    '[::1]:0',
    '/tmp/x',
    '--',
    '-x',
    '',
    'NaN',
    '1e9',
    '[::]:99999',
    '\u0000',
  ];
  return {
    name: 'configuration',
    run: (random) => {
      if (random.next(4) > 0) return configFile(schema, random);
      try {
        parseOptions(Array.from({ length: random.next(7) }, () => random.of(words)));
      } catch (error) {
        requireKnown(error);
      }
    },
  };
}

/**
 * `config.json` and variables that are nearly right: settings hold whatever comes, and every value
 * of them fits the schema.
 */
function configFile(schema: Json, random: Random): void {
  let values = valid(schema, random);
  for (let n = random.next(4); n > 0; n--) values = broken(values, random);
  const text = JSON.stringify(values) ?? '';
  const file = new MemorySettingsFile(
    random.next(3) === 0 ? mangled(Buffer.from(text), random).toString() : text,
  );
  const env = Object.fromEntries(
    Array.from({ length: random.next(4) }, () => [
      random.of(Object.values(ENVIRONMENT)),
      JSON.stringify(random.of(NASTY)) ?? '',
    ]),
  );
  const settings = new LiveSettings({ file, env, logger: silentLogger });
  if (!Settings.safeParse(settings.current).success)
    throw new Error('A setting that does not fit its schema holds.');
  if (settings.problems.some(({ message }) => message.length > 1_000))
    throw new Error('A problem is reported without end.');
  settings.dispose();
}

/** A Whisper model of one layer each whose tensors have one number. */
function modelFile(): Buffer {
  const ints = (...values: readonly number[]): Buffer => Buffer.from(new Int32Array(values).buffer);
  const words = Array.from({ length: 20 }, (_, i) =>
    Buffer.concat([ints(i % 7), Buffer.alloc(i % 7, 'word')]),
  );
  const tensors = Array.from({ length: 50 }, (_, i) => {
    const name = Buffer.from(`tensor.${i}`);
    return Buffer.concat([
      ints(1 + (i % 2), name.length, 0, ...(i % 2 === 0 ? [1] : [1, 1])),
      name,
      Buffer.alloc(4),
    ]);
  });
  return Buffer.concat([
    ints(GGML_MAGIC, 51_865, 1_500, 384, 6, 1, 448, 384, 6, 1, 2, 1, 2, 3),
    Buffer.alloc(2 * 3 * 4),
    ints(words.length),
    ...words,
    ...tensors,
  ]);
}

function modelFileTarget(): Target {
  const whole = modelFile();
  return {
    name: 'model file headers',
    run: async (random) => {
      const bytes = mangled(
        random.next(8) === 0 ? whole.subarray(0, random.next(whole.length)) : whole,
        random,
      );
      const file = {
        read: (into: Buffer, offset: number, length: number, position: number) =>
          Promise.resolve({ bytesRead: bytes.copy(into, offset, position, position + length) }),
      };
      try {
        const { tensors } = await checkWhisperBytes(file, bytes.length, 'model');
        if (tensors !== 50)
          throw new Error('A file with other tensors than its header names counts as whole.');
      } catch (error) {
        requireKnown(error);
      }
    },
  };
}

export function fuzzTargets(): readonly Target[] {
  return [rpcTarget(), audioTarget(), spoolTarget(), modelFileTarget(), configurationTarget()];
}

export interface FuzzOutcome {
  readonly executions: number;
  readonly failures: readonly string[];
  /** Longest single execution, milliseconds. */
  readonly longestMs: number;
  /** Memory at the end over that after the first rounds. */
  readonly growth: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** After a collection. */
function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Executions between which what was made is let go. */
const ROUND = 5_000;

/** @param over asked between rounds: ends before `executions` */
/** Message and innermost calls in one line. */
function outline(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ');
}

export async function fuzz(
  target: Target,
  executions: number,
  seed: number,
  over: () => boolean = () => false,
): Promise<FuzzOutcome> {
  const failures: string[] = [];
  let [longestMs, early, i] = [0, 0, 0];
  for (; i < executions; i++) {
    if (i % ROUND === 0) {
      if (i > 0 && over()) break;
      await target.renew?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Two rounds fill every cache there is.
    if (i === Math.min(Math.floor(executions / 10), 2 * ROUND)) early = heapUsed();
    const begun = performance.now();
    try {
      const run = target.run(new Random(((seed + i) * 2_654_435_761) | 1));
      if (run) await run;
    } catch (error) {
      // A seed and a place say enough to see it again.
      if (failures.length < 20) failures.push(`${seed + i}: ${outline(error)}`);
    }
    longestMs = Math.max(longestMs, performance.now() - begun);
  }
  await target.renew?.();
  return { executions: i, failures, longestMs, growth: heapUsed() / Math.max(early, 1) };
}
