/**
 * Objects that a phrase passes from the session to the recogniser, counted in a running session: two
 * call stacks together show every object that the samples pass in the daemon.
 */
import { deepEqual, ok } from 'node:assert/strict';
import {
  RecogniserWorker,
  WorkerCrew,
} from '../../../daemon/adapters/inference/runtime/recogniserWorker';
import type { WorkerProcess } from '../../../daemon/adapters/inference/runtime/supervisor';
import type { FromWorker } from '../../../daemon/adapters/inference/runtime/workerProtocol';
import type { ManagedEngines } from '../../../daemon/asr/contract/enginesApi';
import { defaultGuardOptions } from '../../../daemon/asr/decoding/guards';
import type { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { EngineLease } from '../../../daemon/asr/contract/engine';
import { ScriptedEngine } from '../../../testing/fakes/scripted/scriptedEngine';
import { slowEngines, slowModel } from '../../../testing/fakes/slowEngines';
import { Harness, say } from '../../../testing/harness/sessionHarness';

const MOST_HOPS = 5;
/** A frame of a call stack: the class of its object, if it has one, and its file. */
const FRAME =
  /^\s+at (?:async )?(?:(?:get )?([A-Z]\w*)\.)?.*?\/(daemon|test)\/(?:.*\/)?(\w+)(?:\.test)?\.ts:/;

/** Objects of the current call stack, the outermost first. */
function objects(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = limit;
  const classes = new Map<string, string>();
  const frames = stack.split('\n').flatMap((line) => {
    const [, name, , file] = FRAME.exec(line) ?? [];
    if (file === undefined || (file === 'hops' && name !== 'Wrapper')) return [];
    if (name !== undefined) classes.set(file, name);
    return [{ name, file }];
  });
  return frames.map(({ name, file }) => name ?? classes.get(file) ?? file).reverse();
}

describe('the path of a phrase', () => {
  let harness: Harness;
  let toEngine: readonly string[] = [];
  let toWorker: readonly string[] = [];

  /** The second stack continues the first. */
  const chainOf = (): readonly string[] =>
    [
      ...toEngine.slice(toEngine.indexOf('PhraseDecoder')),
      ...toWorker.slice(toWorker.indexOf('Engine')),
    ].filter((name, i, all) => name !== all[i - 1]);
  const spawn = (): WorkerProcess => {
    let answer: (message: FromWorker) => void = () => undefined;
    return {
      pid: 1,
      kill: () => undefined,
      onExit: () => undefined,
      onMessage: (listener) => (answer = listener),
      send: (message) => {
        if (message.kind === 'cancel') return;
        const { id, method } = message;
        const text = { text: 'words', words: [], language: 'en', inferenceMs: 1 };
        if (method === 'transcribe' && message.params.options.purpose !== 'trial')
          toWorker = objects();
        setImmediate(() =>
          answer({ kind: 'result', id, value: method === 'transcribe' ? text : undefined }),
        );
      },
    };
  };
  const engines = (clock: ManualClock): ManagedEngines => {
    const crew = new WorkerCrew({ workers: 1, threads: 1 }, () => 1);
    const load = () =>
      Promise.resolve({
        provider: 'scripted',
        model: { id: 'model', files: {} },
        device: 'cpu' as const,
      });
    const common = { clock, logger: silentLogger, name: 'worker', spawn, load };
    return slowEngines(clock, [slowModel('scripted', 'model', 0.1)], undefined, {
      detectors: {
        ...new ScriptedEngine().detectors,
        start: () => Promise.resolve(),
        stop: () => undefined,
        health: () => [],
      },
      parts: {
        decoders: [new RecogniserWorker(common, crew)],
        // The engine reads its guards first when the samples arrive.
        guards: new Proxy(defaultGuardOptions, {
          get: (options, name) => {
            const path = objects();
            if (toEngine.length === 0 && path.includes('PhraseDecoder'))
              toEngine = path.slice(0, path.indexOf('Engine') + 1);
            return Reflect.get(options, name) as unknown;
          },
        }),
      },
    });
  };
  const speak = async (pool: (clock: ManualClock) => ManagedEngines): Promise<string[]> => {
    toEngine = [];
    harness = new Harness({ redactTranscript: true }, undefined, undefined, pool);
    const id = await harness.pushed();
    harness.push(id, 'file', 0, say(31));
    for (let t = 0; t < 30; t++) await harness.pass(100);
    return [...(await harness.texts(id))];
  };
  afterEach(() => harness.dispose());

  it(`has at most ${MOST_HOPS} hops, the last one into the worker's process`, async () => {
    deepEqual(await speak(engines), ['words']);
    const chain = [...chainOf(), 'the recogniser'];
    deepEqual(chain, [
      'PhraseDecoder',
      'SessionLease',
      'Engine',
      'DecodeScheduler',
      'RecogniserWorker',
      'the recogniser',
    ]);
    ok(chain.length - 1 <= MOST_HOPS, chain.join(' → '));
  });

  it('shows an object that only passes the phrase on', async () => {
    class Wrapper {
      constructor(private readonly lease: EngineLease) {}
      decode(...given: Parameters<EngineLease['decode']>): ReturnType<EngineLease['decode']> {
        return this.lease.decode(...given);
      }
    }
    const wrapped = (clock: ManualClock): ManagedEngines => {
      const pool = engines(clock);
      const { open } = pool;
      pool.open = (request) => {
        const lease = open.call(pool, request);
        const wrapper = new Wrapper(lease);
        return new Proxy(lease, {
          get: (object, name) => {
            const value = Reflect.get(object, name, object) as unknown;
            if (name === 'decode') return wrapper.decode.bind(wrapper);
            return typeof value === 'function' ? (value.bind(object) as unknown) : value;
          },
        });
      };
      return pool;
    };
    deepEqual(await speak(wrapped), ['words']);
    deepEqual(chainOf().slice(0, 3), ['PhraseDecoder', 'Wrapper', 'SessionLease']);
  });
});
