/** A SessionManager over fakes, with helpers to speak into it and to let it crash. */
import { FRAME_MS, FRAME_SAMPLES, type Source } from '../../daemon/audio/frame';
import type { ManagedEngines } from '../../daemon/asr/contract/enginesApi';
import type { Analyzer, AnalyzerFactory } from '../../daemon/insights/types';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { Allowance } from '../../daemon/audio/allowance';
import type { SessionManager } from '../../daemon/session/contract/deps';
import type { StartRequest } from '../../daemon/session/contract/api';
import type { SessionEvent } from '../../daemon/session/contract/events';
import type { SessionOptions } from '../../daemon/session/contract/options';
import type { EngineRequest } from '../../daemon/asr/contract/engine';
import { createSessionManager } from '../../daemon/session/lifecycle/sessionManager';
import type { Ownership } from '../../daemon/session/contract/ownership';
import type { PhraseSourceSetup } from '../../daemon/vad/contract';
import { PhraseSource } from '../../daemon/vad/phraseSource';
import { FakeCapture } from '../fakes/fakeCapture';
import { MemorySpools } from '../fakes/memorySpool';
import { MemoryStore } from '../fakes/memoryStore';
import { LOUDNESS, ScriptedEngine, scriptedEngines } from '../fakes/scripted/scriptedEngine';

/** Frames of a word and of the silence that ends it. */
export const WORD_FRAMES = 20;
export const PAUSE_FRAMES = 25;

/**
 * Samples that the scripted engine hears as `wn`, with the silence that ends the phrase; 0 is a
 * pause.
 */
export function say(...words: readonly number[]): Int16Array {
  const per = (WORD_FRAMES + PAUSE_FRAMES) * FRAME_SAMPLES;
  const pcm = new Int16Array(words.length * per);
  words.forEach((n, i) => pcm.fill(n * LOUDNESS, i * per, i * per + WORD_FRAMES * FRAME_SAMPLES));
  return pcm;
}

/**
 * Phrases that end after 400 ms, whatever is best for real speech: the words of `say` stay apart,
 * and short as they are a pause is told before their end.
 */
export function phrases(setup: PhraseSourceSetup): PhraseSource {
  return new PhraseSource({
    ...setup,
    options: {
      endSilenceMs: 400,
      shortEndSilenceMs: 400,
      shortPhraseMs: 0,
      preRollMs: 300,
      postRollMs: 300,
      pauseLeadMs: 100,
    },
  });
}

/** Lets everything that is due now happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Finds one insight: the count of segments, as a question. */
export class CountingAnalyzers implements AnalyzerFactory {
  finished = 0;
  create(_context: unknown, restore?: Parameters<AnalyzerFactory['create']>[1]): Analyzer {
    const seen = new Set(restore?.segments.map(({ id }) => id));
    const insights = [...(restore?.insights ?? [])];
    const finished = (): number => ++this.finished;
    return {
      update(segments) {
        for (const { id } of segments) seen.add(id);
        const first = segments[0];
        if (!first) return [];
        const insight = {
          id: 'i1',
          kind: 'question' as const,
          text: `${seen.size}`,
          status: 'open' as const,
          confidence: 1,
          evidence: [
            { segmentId: first.id, startMs: first.startMs, endMs: first.endMs, quote: first.text },
          ],
          symbols: [],
        };
        const op = insights.length === 0 ? ('add' as const) : ('update' as const);
        insights.splice(0, 1, insight);
        return [{ op, insight }];
      },
      finish() {
        finished();
        return [];
      },
      revise(insightId, change) {
        const before = insights.find(({ id }) => id === insightId);
        if (!before) return [];
        const insight = { ...before, ...change, edited: true };
        insights.splice(insights.indexOf(before), 1, insight);
        return [{ op: 'update', insight }];
      },
      speakerNames: [],
      get insights() {
        return insights;
      },
    };
  }
}

/** What a dead daemon still had in hand comes to nothing. */
function whileAlive<T extends object>(target: T, life: { readonly alive: boolean }): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (!life.alive) throw new Error('The daemon is dead.');
        return (value as (...given: unknown[]) => unknown).apply(object, args);
      };
    },
  });
}

export class Harness {
  clock = new ManualClock();
  readonly store = new MemoryStore();
  spools = new MemorySpools(this.clock);
  engine = new ScriptedEngine();
  capture = new FakeCapture();
  analyzers = new CountingAnalyzers();
  manager: SessionManager;
  /** What was asked of the engines, in order. */
  readonly opened: EngineRequest[] = [];
  private ids = 0;
  private life = { alive: true };

  /** @param ownership where several servers share the sessions */
  constructor(
    private readonly options: Partial<SessionOptions> = {},
    private readonly ownership?: Ownership,
    private readonly allowance?: Allowance,
    private readonly pool?: (clock: ManualClock) => ManagedEngines,
  ) {
    this.manager = this.create();
  }

  /** The daemon dies and starts again; everything but store and spools is new. Time goes on. */
  async restart(afterMs = 0): Promise<readonly string[]> {
    this.life.alive = false;
    this.life = { alive: true };
    this.spools.crash();
    this.capture = new FakeCapture();
    this.engine = new ScriptedEngine();
    const old = this.clock;
    this.clock = new ManualClock(old.wall() + afterMs);
    this.spools.clock = this.clock;
    this.manager = this.create();
    return this.manager.recover();
  }

  /** Starts a session that takes pushed audio. */
  async pushed(
    request: Partial<StartRequest> = {},
    sink?: (event: SessionEvent) => void,
  ): Promise<string> {
    const { session } = await this.manager.start(
      {
        kind: 'file',
        sources: [{ source: 'file', origin: { type: 'push' } }],
        partials: false,
        insights: false,
        ...request,
      },
      sink,
    );
    return session.record.id;
  }

  /** Starts a meeting that records. */
  async recorded(
    request: Partial<StartRequest> = {},
    sink?: (event: SessionEvent) => void,
  ): Promise<string> {
    return this.pushed(
      {
        kind: 'meeting',
        sources: [
          { source: 'mic', origin: { type: 'capture' } },
          { source: 'system', origin: { type: 'capture' } },
        ],
        partials: true,
        insights: true,
        ...request,
      },
      sink,
    );
  }

  /** Pushes words in the frames that follow. @returns number of the next frame */
  push(id: string, source: Source, fromSeq: number, pcm: Int16Array): number {
    for (let at = 0; at < pcm.length; at += 100 * FRAME_SAMPLES) {
      const seq = fromSeq + at / FRAME_SAMPLES;
      void this.manager.push(
        id,
        source,
        seq,
        seq * FRAME_MS,
        pcm.subarray(at, at + 100 * FRAME_SAMPLES),
      );
    }
    return fromSeq + pcm.length / FRAME_SAMPLES;
  }

  /** Speaks in real time: 100 ms at once, the clock goes along. */
  async speak(source: 'mic' | 'system', pcm: Int16Array): Promise<void> {
    for (let at = 0; at < pcm.length; at += 1600) {
      this.capture.of(source).handlers.onData(pcm.slice(at, at + 1600));
      await this.pass(100);
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  async texts(id: string): Promise<readonly string[]> {
    return (await this.manager.get(id)).transcript.map(({ text }) => text);
  }

  events(id: string): ReturnType<MemoryStore['readEvents']> {
    return this.store.readEvents(id, 0, 100_000);
  }

  /** States that the session went through. */
  async states(id: string): Promise<readonly string[]> {
    return (await this.events(id)).flatMap((event) => (event.kind === 'state' ? event.to : []));
  }

  dispose(): void {
    this.manager.dispose();
  }

  private remembering(engines: ManagedEngines): ManagedEngines {
    return {
      ...engines,
      open: (request) => {
        this.opened.push(request);
        return engines.open(request);
      },
    };
  }

  private create(): SessionManager {
    const manager = createSessionManager({
      store: whileAlive(this.store, this.life),
      spools: whileAlive(this.spools, this.life),
      engines: this.remembering(this.pool?.(this.clock) ?? scriptedEngines(this.engine)),
      learnNames: (names) => Promise.resolve({ find: () => [], phrases: names }),
      capture: this.capture,
      analyzers: this.analyzers,
      clock: this.clock,
      logger: silentLogger,
      phrases,
      newId: () => `id${++this.ids}`,
      options: this.options,
      ...(this.ownership && { ownership: this.ownership }),
      ...(this.allowance && { allowance: this.allowance }),
    });
    manager.setWindowCount(1);
    return manager;
  }
}
