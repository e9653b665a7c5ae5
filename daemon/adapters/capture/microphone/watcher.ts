/**
 * Watches which other programs use the microphone, with the module of this system. The system
 * reports changes; nothing polls.
 */
import type { MicrophoneProgram, MicrophoneWatcher } from '../../../audio/microphonePrograms';
import { type Clock, systemClock } from '../../../base/clock';
import { type Disposable, toDisposable } from '../../../base/disposable';
import { type Logger, silentLogger } from '../../../base/logger';
import type { Env } from '../programs';
import { mac } from './mac';
import { isOwnProcess } from './ownProcess';
import { pipewire } from './pipewire';
import { pulse } from './pulse';
import type { MicrophoneStream, SystemModule } from './systemModule';
import { windows } from './windows';

/** In order of preference. */
const MODULES: Readonly<Partial<Record<NodeJS.Platform, readonly SystemModule[]>>> = {
  linux: [pulse, pipewire],
  darwin: [mac],
  win32: [windows],
};

/** Time until the next try after a module ended; doubled each time, as a sound server restarts. */
const AGAIN_MS = { first: 5_000, most: 320_000 } as const;
/** Name of Earmark's own streams; recorders of other daemons carry it too. */
const OWN_NAME = 'Earmark';

export interface WatcherOptions {
  readonly env?: Env;
  readonly platform?: NodeJS.Platform;
  readonly modules?: readonly SystemModule[];
  readonly isOwn?: (pid: number) => boolean;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export function createMicrophoneWatcher(options: WatcherOptions = {}): MicrophoneWatcher {
  return new SharedWatcher(options);
}

class SharedWatcher implements MicrophoneWatcher {
  private readonly listeners = new Set<(programs: readonly MicrophoneProgram[]) => void>();
  private programs: readonly MicrophoneProgram[] | undefined;
  private running: Disposable | undefined;
  private timer: Disposable | undefined;
  private againMs: number = AGAIN_MS.first;
  /** Incremented by every start and stop; a late event of an older start is dropped. */
  private token = 0;

  constructor(private readonly options: WatcherOptions) {}

  watch(onChange: (programs: readonly MicrophoneProgram[]) => void): Disposable {
    this.listeners.add(onChange);
    if (this.listeners.size === 1) void this.start();
    else if (this.programs !== undefined) onChange(this.programs);
    return toDisposable(() => {
      if (this.listeners.delete(onChange) && this.listeners.size === 0) this.stop();
    });
  }

  private async start(): Promise<void> {
    const token = ++this.token;
    const platform = this.options.platform ?? process.platform;
    const context = { env: this.options.env ?? process.env, platform };
    for (const run of this.options.modules ?? MODULES[platform] ?? []) {
      const running = await run(context, {
        onStreams: (streams) => token === this.token && this.take(streams),
        onEnd: () => token === this.token && this.ended(),
      }).catch(() => undefined);
      if (running === undefined) continue;
      if (token !== this.token) return running.dispose();
      this.running = running;
      return;
    }
    if (token === this.token) this.ended();
  }

  private take(streams: readonly MicrophoneStream[]): void {
    this.againMs = AGAIN_MS.first;
    const isOwn = this.options.isOwn ?? isOwnProcess;
    const byId = new Map<string, MicrophoneProgram>();
    for (const { id, name, pid } of streams)
      if (name !== OWN_NAME && !(pid !== undefined && isOwn(pid)) && !byId.has(id))
        byId.set(id, { id, name });
    this.set([...byId.values()].sort((a, b) => a.id.localeCompare(b.id)));
  }

  private ended(): void {
    this.token++;
    this.running = undefined;
    this.set([]);
    (this.options.logger ?? silentLogger).debug('microphone.watchEnded', { againMs: this.againMs });
    const clock = this.options.clock ?? systemClock;
    this.timer = clock.setTimeout(() => void this.start(), this.againMs);
    this.againMs = Math.min(2 * this.againMs, AGAIN_MS.most);
  }

  private stop(): void {
    this.token++;
    this.timer?.dispose();
    this.running?.dispose();
    this.running = undefined;
    this.programs = undefined;
    this.againMs = AGAIN_MS.first;
  }

  private set(programs: readonly MicrophoneProgram[]): void {
    if (this.programs?.map(({ id }) => id).join('\n') === programs.map(({ id }) => id).join('\n'))
      return;
    this.programs = programs;
    for (const listener of [...this.listeners]) listener(programs);
  }
}
