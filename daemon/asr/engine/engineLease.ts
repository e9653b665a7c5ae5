/**
 * The engine that a session holds. It can change while the session runs: the new engine loads
 * first, then takes the next phrase. Phrases that are being decoded finish where they began.
 */
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type {
  DecodeOptions,
  EngineChoice,
  EngineLease,
  EngineRequest,
  EngineStream,
  EngineWarning,
  SpeechEngine,
} from '../contract/engine';
import type { EngineRoute, Turn } from './engineRoute';
import type { EngineTarget } from '../contract/machineChoice';
import type { SessionDecode } from '../contract/enginesApi';
import type { AsrResult } from '../contract/provider';

/** A route that stays until it is disposed. */
export interface HeldRoute extends Disposable {
  readonly route: EngineRoute;
}

export interface SessionLeaseSetup {
  readonly clock: Clock;
  /** @throws EarmarkError engine.unavailable, model.unknown, engine.language */
  readonly hold: (request: EngineRequest) => HeldRoute;
  readonly multilingual: (active: EngineTarget) => string | undefined;
  /** Fired for each decode. */
  readonly decodes: Pick<Emitter<SessionDecode>, 'fire'>;
  readonly released: (lease: SessionLease) => void;
}

/** Minimum interval between two partials of a session. A degradation level can raise it. */
const PARTIAL_MS = 500;

/** A route with the number of its unfinished decodes and streams. */
interface Use {
  readonly held: HeldRoute;
  readonly listener: Disposable;
  running: number;
  retired: boolean;
}

export class SessionLease implements EngineLease {
  private readonly warned = new Emitter<EngineWarning>();
  private readonly changed = new Emitter<void>();
  private use: Use;
  /** Incremented by every change; an older change that still loads is dropped. */
  private token = 0;
  private wanted: EngineRequest;
  private partialMs = -Infinity;
  private disposed = false;
  readonly onDidWarn = this.warned.event;
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly setup: SessionLeaseSetup,
    private current: EngineRequest,
  ) {
    this.wanted = current;
    this.use = this.begin(setup.hold(current));
  }

  /** The last request, also while its engine loads. */
  get request(): EngineRequest {
    return this.wanted;
  }
  get provider(): string {
    return this.route.provider;
  }
  get model(): string {
    return this.route.model;
  }
  get preferred(): EngineTarget {
    return this.route.preferred;
  }
  get idle(): boolean {
    return this.route.idle;
  }
  get status(): SpeechEngine['status'] {
    return this.route.status;
  }
  get degradationLevel(): EngineLease['degradationLevel'] {
    return this.route.degradationLevel;
  }
  get actions(): EngineLease['actions'] {
    return this.route.actions;
  }
  get detectors(): SpeechEngine['detectors'] {
    return this.route.detectors;
  }
  get multilingual(): string | undefined {
    return this.setup.multilingual(this.route.active);
  }

  ready(): Promise<void> {
    return this.route.ready();
  }

  decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined> {
    const result = this.recognise(pcm, options, signal);
    const { priority } = options;
    this.setup.decodes.fire({ engine: this, priority, samples: pcm.length, result });
    return result;
  }

  async openStream(options: DecodeOptions): Promise<EngineStream | undefined> {
    const { use } = this;
    const { route } = use.held;
    use.running++;
    let isOpen = true;
    const done = (): void => {
      if (isOpen) this.finished(use);
      isOpen = false;
    };
    try {
      const turn = route.turn();
      turn.dispose();
      const stream = await route.early?.openStream?.(this.requested(options));
      if (!stream) done();
      return stream && streamOf(stream, route, turn, done);
    } catch (error) {
      done();
      throw error;
    }
  }

  async change(choice: EngineChoice): Promise<void> {
    const token = ++this.token;
    const { provider, model, device = this.current.device } = choice;
    const request = { ...this.current, provider, model, device };
    const next = this.setup.hold(request);
    this.wanted = request;
    try {
      if (next.route !== this.route) await next.route.ready();
    } catch (error) {
      if (token === this.token) this.wanted = this.current;
      next.dispose();
      throw error;
    }
    if (token === this.token) this.current = request;
    if (token !== this.token || this.disposed || next.route === this.route) {
      next.dispose();
      return;
    }
    const former = this.use;
    this.use = this.begin(next);
    this.retire(former);
    this.changed.fire();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.setup.released(this);
    this.use.listener.dispose();
    this.use.held.dispose();
    this.warned.dispose();
    this.changed.dispose();
  }

  private async recognise(
    pcm: Float32Array,
    options: DecodeOptions,
    signal: AbortSignal | undefined,
  ): Promise<AsrResult | undefined> {
    if (options.priority === 'partial' && !this.allowsPartial()) return undefined;
    const { use } = this;
    const { route } = use.held;
    const request = this.requested(options);
    use.running++;
    try {
      return options.priority === 'final'
        ? await this.final(route, pcm, request, signal)
        : await route.early?.decode(pcm, request, signal);
    } finally {
      this.finished(use);
    }
  }

  /** Decodes with one engine after the other, as `asr/retries` says. */
  private async final(
    route: EngineRoute,
    pcm: Float32Array,
    options: DecodeOptions,
    signal: AbortSignal | undefined,
  ): Promise<AsrResult | undefined> {
    const wait = options.live ? route.waits(pcm.length) : undefined;
    try {
      for (;;) {
        const { engine, retryOnOther, ...turn } = route.turn(signal);
        try {
          const result = await engine.decode(pcm, { ...options, retryOnOther }, turn.signal);
          turn.decoded(result, options.live ? pcm.length : undefined);
          if (options.live && result && result.rejected === undefined) route.recognised(pcm);
          return result;
        } catch (error) {
          if (!turn.passOn(error)) throw error;
        } finally {
          turn.dispose();
        }
      }
    } finally {
      wait?.dispose();
    }
  }

  private get route(): EngineRoute {
    return this.use.held.route;
  }

  private begin(held: HeldRoute): Use {
    const listener = held.route.onDidWarn((warning) => this.warned.fire(warning));
    return { held, listener, running: 0, retired: false };
  }

  private retire(use: Use): void {
    use.listener.dispose();
    use.retired = true;
    if (use.running === 0) use.held.dispose();
  }

  private finished(use: Use): void {
    use.running--;
    if (use.retired && use.running === 0) use.held.dispose();
  }

  private allowsPartial(): boolean {
    const { partialsEvery } = this.actions;
    const now = this.setup.clock.now();
    if (partialsEvery !== 1 && now - this.partialMs < PARTIAL_MS * partialsEvery) return false;
    this.partialMs = now;
    return true;
  }

  private requested(options: DecodeOptions): DecodeOptions {
    const { vocabulary, translate, phrases, live, owner } = this.current;
    return {
      ...options,
      live,
      ...(owner === undefined ? {} : { owner }),
      ...(vocabulary === undefined ? {} : { prompt: vocabulary }),
      ...(translate === undefined ? {} : { translate }),
      ...(phrases ? { phrases: phrases() } : {}),
    };
  }
}

/**
 * The end of the stream waits like a live final that is decoded.
 *
 * @param done called when the stream ends or closes
 */
function streamOf(
  stream: EngineStream,
  route: EngineRoute,
  turn: Turn,
  done: () => void,
): EngineStream {
  return {
    push: (pcm) => stream.push(pcm),
    end: async (pcm) => {
      const wait = route.waits();
      try {
        const result = await stream.end(pcm);
        turn.decoded(result, pcm.length);
        return result;
      } finally {
        wait.dispose();
        done();
      }
    },
    close: () => {
      stream.close();
      done();
    },
  };
}
