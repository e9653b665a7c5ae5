/**
 * Clusters the voices of one source during a session. Windows arrive in order, and all of them are
 * clustered again at intervals. A voice keeps its id across these runs. Memory is bounded: old
 * stretches become turns, and old windows are thinned out.
 */
import type { Source } from '../audio/frame';
import type { Embedding, Stretch, Turn, VoiceWindow } from './contract';
import { joinTurns, voicesOf } from './turns';
import { dot } from './vectors';
import { VOICE_SETTINGS, nearestVoice, voiceCentres } from './voiceCentres';

/**
 * Maximum number of clustered windows. Above it, every second window is dropped, because the run
 * time grows with the square of their number.
 */
const MOST_POOLED = 400;
/**
 * Maximum number of windows in stretches whose voice may still change: some 25 minutes of speech, 1
 * KB each.
 */
const MOST_OPEN = 4_000;
/**
 * Number of windows in the early phase, some 60 s of speech. Clustering runs more often in this
 * phase.
 */
const EARLY_WINDOWS = 100;
/** After a longer pause, a stretch without a voice waits: the next speaker is not known yet. */
const GUESSED_PAUSE_MS = 700;
/** Share of new windows that starts a new clustering. It is smaller in the early phase. */
const NEW_PART = 0.1;
const EARLY_NEW_PART = 0.05;

interface Voice {
  readonly id: string;
  readonly centre: Embedding;
}

interface Pooled {
  readonly window: VoiceWindow;
  voice: string | undefined;
}

export class OnlineClustering {
  private pool: Pooled[] = [];
  private stretches: Stretch[] = [];
  private openWindows = 0;
  private settled: Turn[] = [];
  private voices: readonly Voice[] = [];
  private fresh = 0;
  /** Cached turns of stretches, for the current voices. */
  private parts = new WeakMap<Stretch, readonly Turn[]>();

  /** @param newId creates the id of a new voice */
  constructor(
    private readonly source: Source,
    private readonly newId: () => string,
    private readonly settings = VOICE_SETTINGS,
  ) {}

  /** The current voices. */
  get activeVoices(): readonly Voice[] {
    return this.voices;
  }

  addWindow(window: VoiceWindow): void {
    this.pool.push({ window, voice: undefined });
    this.fresh++;
    if (this.pool.length > MOST_POOLED) this.pool = this.pool.filter((_pooled, i) => i % 2 === 0);
    const early = this.pool.length < EARLY_WINDOWS;
    if (this.fresh < (early ? EARLY_NEW_PART : NEW_PART) * this.pool.length) return;
    this.cluster();
  }

  addStretch(stretch: Stretch): void {
    this.stretches.push(stretch);
    this.openWindows += stretch.windows.length;
    while (this.openWindows > MOST_OPEN) {
      const oldest = this.stretches.shift();
      if (!oldest) break;
      this.openWindows -= oldest.windows.length;
      const own = this.turnsOf(oldest);
      this.settled.push(
        ...(own.length > 0
          ? own
          : this.short(
              [oldest, ...this.stretches.slice(0, 1)],
              [[], this.stretches.slice(0, 1).flatMap((next) => this.turnsOf(next))],
              0,
            )),
      );
    }
  }

  /** Clusters all windows in the pool again. */
  cluster(): void {
    const centres = voiceCentres(
      this.pool.map(({ window }) => window),
      this.settings,
    );
    this.fresh = 0;
    const nearest = this.pool.map(({ window }) => nearestVoice(window.embedding, centres));
    const ids = this.keepIds(nearest, centres.length);
    this.voices = centres.map((centre, k) => ({ centre, id: ids[k] as string }));
    this.pool.forEach((pooled, i) => (pooled.voice = ids[nearest[i] as number]));
    this.parts = new WeakMap();
  }

  /**
   * Turns in order. Pauses within a turn are filled up to the limit.
   * @param open the current stretch
   */
  turns(open?: Stretch, longestPauseMs?: number): Turn[] {
    const stretches = open ? [...this.stretches, open] : this.stretches;
    const parts = stretches.map((stretch) => this.turnsOf(stretch));
    const waits = (i: number): boolean =>
      stretches[i] === open &&
      (open?.startMs ?? 0) - (stretches[i - 1]?.endMs ?? -Infinity) >= GUESSED_PAUSE_MS;
    const whole = parts.map((own, i) =>
      own.length > 0 || waits(i) ? own : this.short(stretches, parts, i),
    );
    return joinTurns([...this.settled, ...whole.flat()], longestPauseMs);
  }

  /** Mean cosine between a voice and the windows of a span; undefined if the span has no window. */
  similarity(id: string, startMs: number, endMs: number): number | undefined {
    const voice = this.voices.find((one) => one.id === id);
    const windows = this.stretches
      .filter((stretch) => stretch.startMs < endMs && stretch.endMs > startMs)
      .flatMap((stretch) =>
        stretch.windows.filter((window) => window.startMs < endMs && window.endMs > startMs),
      );
    if (!voice || windows.length === 0) return undefined;
    return (
      windows.reduce((sum, { embedding }) => sum + dot(embedding, voice.centre), 0) / windows.length
    );
  }

  /** Cached, because every segment requests all turns. */
  private turnsOf(stretch: Stretch): readonly Turn[] {
    let turns = this.parts.get(stretch);
    if (!turns) {
      turns = voicesOf(stretch, this.voices).map(({ voice, startMs, endMs }) => ({
        speaker: this.voices[voice]?.id ?? '',
        source: this.source,
        startMs,
        endMs,
      }));
      this.parts.set(stretch, turns);
    }
    return turns;
  }

  /** A stretch too short for a window takes the speaker of the nearest turn. */
  private short(
    stretches: readonly Stretch[],
    parts: readonly (readonly Turn[])[],
    i: number,
  ): Turn[] {
    const { startMs, endMs } = stretches[i] as Stretch;
    const before = parts
      .slice(0, i)
      .findLast((own) => own.length > 0)
      ?.at(-1);
    const after = parts.slice(i + 1).find((own) => own.length > 0)?.[0];
    const nearest =
      !before || (after && after.startMs - endMs < startMs - before.endMs) ? after : before;
    return nearest ? [{ speaker: nearest.speaker, source: this.source, startMs, endMs }] : [];
  }

  /**
   * Each cluster takes the id that most of its windows had, largest count first. A cluster without
   * an earlier id gets a new one.
   */
  private keepIds(nearest: readonly number[], count: number): string[] {
    const portions = new Map<string, { cluster: number; id: string; windows: number }>();
    this.pool.forEach(({ voice }, i) => {
      const cluster = nearest[i] as number;
      if (voice === undefined) return;
      const key = `${cluster} ${voice}`;
      const share = portions.get(key) ?? { cluster, id: voice, windows: 0 };
      share.windows++;
      portions.set(key, share);
    });
    const ids = new Map<number, string>();
    for (const { cluster, id } of [...portions.values()].sort((a, b) => b.windows - a.windows)) {
      if (!ids.has(cluster) && ![...ids.values()].includes(id)) ids.set(cluster, id);
    }
    return Array.from({ length: count }, (_, k) => ids.get(k) ?? this.newId());
  }
}
