/**
 * Records microphones and system audio: picks a recorder, runs it through node-record-lpcm16, and
 * passes its samples on.
 */
import path from 'node:path';
import os from 'node:os';
import { type Recording as LibraryRecording, record } from 'node-record-lpcm16';
import { EarmarkError } from '../../../protocol/errors';
import type {
  CaptureSource,
  RecorderName,
  RecordingAbilities,
  RecordingDevice,
} from '../../audio/devices';
import { SAMPLE_RATE } from '../../audio/frame';
import { SampleReader } from '../../audio/pcm';
import { type Clock, systemClock } from '../../base/clock';
import { type Logger, silentLogger } from '../../base/logger';
import type { Capture, Recording, RecordingHandlers } from '../../audio/capture';
import { explainEnd, explainLost } from './complaints';
import { PAREC_CHATTER, saysLost } from './movedStream';
import { adviceFor, devicesOf, probeRecorders, recorderFor, summarize } from './probe';
import type { Probe } from './probeAnswer';
import type { Env } from './programs';
import type { RecorderOptions } from './recorderModule';
import { FORCE_AFTER_MS, supervise } from './supervise';

export interface CaptureOptions {
  /** Absolute path of the folder of recorder modules: dist/recorders, or the sources under tsx. */
  readonly recordersFolder: string;
  readonly env?: Env;
  readonly platform?: NodeJS.Platform;
  readonly release?: string;
  /** Path of the audiotee program, if the optional package is installed; see `findAudiotee`. */
  readonly audiotee?: string | undefined;
  /** Restricts the recorders, for tests and for expert users. */
  readonly only?: readonly RecorderName[];
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Time limit for the first sample in milliseconds. */
  readonly firstDataMs?: number;
}

export interface DeviceCapture extends Capture {
  /** Recording abilities of this machine now. Asks every recorder; takes 20 to 500 ms. */
  abilities(): Promise<RecordingAbilities>;
  /** Ends every recorder. */
  dispose(): Promise<void>;
}

/**
 * macOS asks the user for permission at the first recording; no samples arrive before the answer.
 */
const FIRST_DATA_MS = { darwin: 30_000, other: 5_000 } as const;
const STDERR_KEPT = 4_000;
/** Clients that list devices within this time get one answer, whose probes start programs once. */
const ABILITIES_MS = 1_000;

/** Shares the work that runs, and its result until `ms` after its begin. A failure is not shared. */
function sharedFor<T>(ms: number, clock: Clock, work: () => Promise<T>): () => Promise<T> {
  let last: { readonly result: Promise<T>; readonly begun: number } | undefined;
  let running = false;
  return () => {
    if (last && (running || clock.now() - last.begun < ms)) return last.result;
    running = true;
    const result = work().finally(() => (running = false));
    last = { result, begun: clock.now() };
    result.catch(() => (last = undefined));
    return result;
  };
}

export function createCapture(options: CaptureOptions): DeviceCapture {
  const platform = options.platform ?? process.platform;
  const env = options.env ?? process.env;
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const firstDataMs =
    options.firstDataMs ?? (platform === 'darwin' ? FIRST_DATA_MS.darwin : FIRST_DATA_MS.other);
  const running = new Set<RunningRecorder>();

  const probe = async (): Promise<readonly Probe[]> => {
    const probes = await probeRecorders({
      env,
      platform,
      release: options.release ?? os.release(),
      audiotee: options.audiotee,
    });
    return options.only ? probes.filter((p) => options.only!.includes(p.name)) : probes;
  };
  const shared = sharedFor(ABILITIES_MS, clock, probe);

  return {
    async abilities() {
      return summarize(await shared(), platform);
    },
    async start(source, device, handlers) {
      const probes = await probe();
      const { recorder, chosen, named } = choose(source, device, probes, platform);
      const recorderOptions: Omit<RecorderOptions, 'sampleRate' | 'channels'> = {
        source,
        device: named ? chosen.id : undefined,
        program: recorder.program!,
        platform,
        environment: { ...env, LC_ALL: 'C' },
        features: recorder.features ?? [],
        supervise: (command) => supervise(command, platform),
      };
      const started = clock.now();
      const spawn = (): LibraryRecording => {
        try {
          return record({
            ...recorderOptions,
            recorder: path.join(options.recordersFolder, recorder.name),
            sampleRate: SAMPLE_RATE,
            channels: 1,
          });
        } catch (error) {
          throw new EarmarkError(
            'audio.recorderFailed',
            `Could not start the recorder ${recorder.name}; reinstall Earmark.`,
            { details: { recorder: recorder.name }, cause: error },
          );
        }
      };
      const run = new RunningRecorder(
        spawn,
        {
          source,
          device: chosen.name,
          recorder: recorder.name,
          asked: named ? chosen.id : undefined,
        },
        handlers,
        clock,
      );
      running.add(run);
      run.onGone = () => running.delete(run);
      await run.firstData(firstDataMs);
      logger.info('capture.started', {
        source,
        recorder: recorder.name,
        durationMs: Math.round(clock.now() - started),
      });
      return run;
    },
    async dispose() {
      await Promise.all([...running].map((run) => run.stop()));
    },
  };
}

/** @throws EarmarkError audio.noRecorder, audio.deviceNotFound */
function choose(
  source: CaptureSource,
  device: string | undefined,
  probes: readonly Probe[],
  platform: NodeJS.Platform,
): { recorder: Probe; chosen: RecordingDevice; named: boolean } {
  const usable = probes.filter((p) => p.program !== undefined && devicesOf(p, source).length > 0);
  if (usable.length === 0)
    throw new EarmarkError('audio.noRecorder', adviceFor(source, probes, platform), {
      details: { source },
    });
  if (device === undefined || device === '') {
    const recorder = recorderFor(source, probes)!;
    const chosen = devicesOf(recorder, source)[0]!;
    // PulseAudio follows the user to another default device; other recorders need the name of the
    // device.
    return { recorder, chosen, named: !(recorder.name === 'parec' && chosen.isDefault) };
  }
  for (const recorder of usable) {
    const chosen =
      devicesOf(recorder, source).find((d) => d.id === device) ??
      devicesOf(recorder, source).find((d) => d.name.toLowerCase() === device.toLowerCase());
    if (chosen) return { recorder, chosen, named: true };
  }
  const there = devicesOf(recorderFor(source, probes), source)
    .slice(0, 8)
    .map((d) => `“${d.name}”`)
    .join(', ');
  throw new EarmarkError(
    'audio.deviceNotFound',
    `The ${source === 'mic' ? 'microphone' : 'output device'} “${device}” is not ` +
      `connected; connect it, or choose one of ${there}.`,
    { details: { source } },
  );
}

/** `lost`: the device changed during recording; the recorder is being ended. */
type RecorderPhase = 'starting' | 'recording' | 'lost' | 'stopping' | 'gone';

interface RecorderFacts {
  readonly source: CaptureSource;
  /** Display name. */
  readonly device: string;
  readonly recorder: RecorderName;
  /** Id of the requested device; undefined for the default. */
  readonly asked: string | undefined;
}

/** One recorder process. */
class RunningRecorder implements Recording {
  readonly source: CaptureSource;
  readonly device: string;
  readonly recorder: RecorderName;
  onGone: () => void = () => undefined;
  private phase: RecorderPhase = 'starting';
  private said = '';
  private readonly library: LibraryRecording;
  private readonly closed: Promise<void>;
  private settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(
    spawn: () => LibraryRecording,
    private readonly about: RecorderFacts,
    handlers: RecordingHandlers,
    private readonly clock: Clock,
  ) {
    ({ source: this.source, device: this.device, recorder: this.recorder } = about);
    this.library = spawn();
    const { process: child } = this.library;
    const reader = new SampleReader();
    this.library.stream().on('data', (chunk: Buffer) => {
      if (this.phase === 'starting') {
        this.phase = 'recording';
        this.settle?.resolve();
      }
      if (this.phase !== 'recording') return;
      const pcm = reader.push(chunk);
      if (pcm.length > 0) handlers.onData(pcm);
    });
    // The library reports an exit code as an error of the stream; `close` gives more detail.
    this.library.stream().on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    let line = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      const lines = (line + chunk.toString('utf8')).split(/[\r\n]+/);
      line = lines.pop()!.slice(-STDERR_KEPT);
      for (const whole of lines) this.receive(whole);
    });
    child.stderr?.once('end', () => this.receive(line));
    child.on('error', (error) => {
      this.said += `${error.message}\n`;
    });
    this.closed = new Promise((resolve) => {
      child.once('close', (code) => {
        const before = this.phase;
        this.phase = 'gone';
        this.onGone();
        resolve();
        if (before === 'starting') this.settle?.reject(this.explain(code));
        else if (before === 'recording') handlers.onEnd(this.explain(code));
        else if (before === 'lost') handlers.onEnd(explainLost(about.source, about.device));
      });
    });
  }

  /**
   * Resolves at the first sample. @throws EarmarkError audio.recorderFailed, audio.deviceNotFound
   */
  async firstData(limitMs: number): Promise<void> {
    const arrived = new Promise<void>((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    const timer = this.clock.setTimeout(() => {
      const what = `${this.source === 'mic' ? 'The microphone' : 'The system audio of'} “${this.device}”`;
      this.settle?.reject(
        new EarmarkError(
          'audio.recorderFailed',
          `${what} sent no audio within ${limitMs / 1000} seconds. Check its connection ` +
            'and its permission, or choose another device.',
          { details: { recorder: this.recorder } },
        ),
      );
      void this.stop();
    }, limitMs);
    try {
      await arrived;
    } finally {
      timer.dispose();
    }
  }

  /**
   * Closes the pipe, which ends the supervisor and the recorder. The library's own `stop` would
   * only send a signal.
   */
  async stop(): Promise<void> {
    if (this.phase === 'gone') return;
    const starting = this.phase === 'starting';
    this.phase = 'stopping';
    if (starting)
      this.settle?.reject(
        new EarmarkError(
          'audio.recorderFailed',
          'The recording was stopped before it began; start it again.',
        ),
      );
    this.library.process.stdin?.end();
    const force = this.clock.setTimeout(
      () => this.library.process.kill('SIGKILL'),
      FORCE_AFTER_MS + 500,
    );
    await this.closed;
    force.dispose();
  }

  private receive(line: string): void {
    if (
      this.phase === 'recording' &&
      saysLost(this.recorder, line, this.source, this.about.asked)
    ) {
      this.phase = 'lost';
      this.library.process.stdin?.end();
    }
    if (line !== '' && !PAREC_CHATTER.test(line))
      this.said = `${this.said}${line}\n`.slice(-STDERR_KEPT);
  }

  private explain(code: number | null): EarmarkError {
    return explainEnd({
      recorder: this.recorder,
      source: this.source,
      device: this.device,
      code,
      said: this.said,
    });
  }
}

/**
 * @param resolve `require.resolve` of the running program
 * @returns path of the audiotee program of the optional npm package
 */
export function findAudiotee(resolve: (name: string) => string): string | undefined {
  try {
    return path.join(path.dirname(resolve('audiotee')), '..', 'bin', 'audiotee');
  } catch {
    return undefined;
  }
}
