/**
 * Watches a captured source: warns if it delivers nothing, or only zeros, for 5 s. A microphone
 * permission refused by macOS gives only zeros; a live microphone always has noise.
 */
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';

const SILENT_AFTER_MS = 5_000;
const CHECK_EVERY_MS = 500;

export interface WatchdogOptions {
  readonly silentAfterMs?: number;
  /**
   * For system audio: a silent computer gives zeros, so they are reported only before the first
   * audio.
   */
  readonly zerosAfterAudioAreNormal?: boolean;
}

export type SourceCondition =
  | { readonly kind: 'well' }
  /** No samples. */
  | { readonly kind: 'nothing'; readonly sinceMs: number }
  /** Only samples of exactly zero. */
  | { readonly kind: 'zeros'; readonly sinceMs: number };

export class SourceWatchdog implements Disposable {
  private condition: SourceCondition = { kind: 'well' };
  private lastDataMs: number;
  private lastAudioMs: number;
  private receivedAudio = false;
  private readonly silentAfterMs: number;
  private readonly timer: Disposable;

  /** @param onChange called once when the source falls silent, and once when it recovers */
  constructor(
    private readonly clock: Clock,
    private readonly onChange: (now: SourceCondition, before: SourceCondition) => void,
    private readonly options: WatchdogOptions = {},
  ) {
    this.silentAfterMs = options.silentAfterMs ?? SILENT_AFTER_MS;
    this.lastDataMs = this.lastAudioMs = clock.now();
    this.timer = clock.setInterval(() => this.check(), CHECK_EVERY_MS);
  }

  get current(): SourceCondition {
    return this.condition;
  }

  push(pcm: Int16Array): void {
    if (pcm.length === 0) return;
    const now = this.clock.now();
    this.lastDataMs = now;
    if (!pcm.some((v) => v !== 0)) {
      // Zeros arrive again; their duration decides whether they are a fault.
      if (this.condition.kind === 'nothing') {
        this.lastAudioMs = now;
        this.set({ kind: 'well' });
      }
      return;
    }
    this.lastAudioMs = now;
    this.receivedAudio = true;
    if (this.condition.kind !== 'well') this.set({ kind: 'well' });
  }

  dispose(): void {
    this.timer.dispose();
  }

  private check(): void {
    const now = this.clock.now();
    if (now - this.lastDataMs >= this.silentAfterMs) {
      if (this.condition.kind !== 'nothing')
        this.set({ kind: 'nothing', sinceMs: this.lastDataMs });
    } else if (
      !(this.receivedAudio && this.options.zerosAfterAudioAreNormal) &&
      now - this.lastAudioMs >= this.silentAfterMs
    ) {
      if (this.condition.kind !== 'zeros') this.set({ kind: 'zeros', sinceMs: this.lastAudioMs });
    }
  }

  private set(next: SourceCondition): void {
    const before = this.condition;
    this.condition = next;
    this.onChange(next, before);
  }
}

/** Advice for the user; `platform` is Node's name. */
export function silenceAdvice(
  condition: SourceCondition,
  source: 'mic' | 'system',
  platform: string,
): string {
  const what = source === 'mic' ? 'The microphone' : 'The system audio';
  if (condition.kind === 'well') return `${what} sends audio again.`;
  const state =
    condition.kind === 'nothing'
      ? `${what} has sent no audio for 5 seconds`
      : `${what} has been completely silent for 5 seconds`;
  if (platform === 'darwin') {
    const pane = source === 'mic' ? 'Microphone' : 'Screen & System Audio Recording';
    return (
      `${state}. Allow Visual Studio Code under System Settings > Privacy & Security > ` +
      `${pane}, or choose another device.`
    );
  }
  if (source === 'system')
    return `${state}; play something, or choose the output device that plays it.`;
  return `${state}; check that it is plugged in and not muted, or choose another device.`;
}
