/**
 * Voxtral through the voxtral.c program. The program detects the end of a phrase only by the end of
 * its input. So each phrase uses its own process, and the next process starts ahead of time.
 */
import path from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';
import { voxtralInfo } from '../../../asr/contract/providerInfos';
import type {
  DecodeRequest,
  AsrProvider,
  AsrResult,
  RecogniserStream,
  StreamedText,
} from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { estimateWordTimes, audioBounds } from '../../../asr/decoding/wordTimes';
import { SAMPLE_RATE } from '../../../audio/frame';
import { joinSamples, toInt16 } from '../../../audio/pcm';
import type { Clock } from '../../../base/clock';
import { VoxtralProcess, type VoxtralCommand, type VoxtralLimits } from './voxtralProcess';
import { decodeCancelled, modelNotLoaded, phraseTooLong } from '../../../asr/contract/errors';

export interface VoxtralSetup {
  /** Absolute path of the voxtral.c program. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly clock: Clock;
  readonly limits?: Partial<VoxtralLimits>;
}

const LIMITS: VoxtralLimits = {
  readyMs: 30_000,
  killMs: 2000,
  queuedBytes: 60 * SAMPLE_RATE * 2,
  textChars: 100_000,
};
/** Unexpected exits after which the program counts as broken. */
const RESTARTS = { count: 5, windowMs: 180_000 };
const MAX_SECONDS = 30;
/** The program's first four bytes decide whether the input is a WAV file; silence never matches. */
const LEAD_IN = new Int16Array(2);

export class VoxtralProvider implements AsrProvider {
  readonly info = voxtralInfo;
  private command: VoxtralCommand | undefined;
  /** A started process without a phrase. */
  private spare: VoxtralProcess | undefined;
  private streaming = false;
  private readonly alive = new Set<VoxtralProcess>();
  /** Clock times of unexpected exits, in milliseconds. */
  private failures: number[] = [];
  /** Phrases decode in sequence: each process holds the whole model. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly setup: VoxtralSetup) {}

  async load(model: LoadedModelFiles): Promise<void> {
    await this.unload();
    const file = model.files['model'];
    if (file === undefined)
      throw new EarmarkError(
        'model.missing',
        'The Voxtral model is not installed; run "earmark models pull voxtral-mini-4b".',
      );
    this.command = {
      program: this.setup.program,
      folder: path.dirname(file),
      ...(this.setup.args ? { args: this.setup.args } : {}),
    };
    this.failures = [];
    try {
      await this.prepare().ready;
    } catch (error) {
      await this.unload();
      throw error;
    }
  }

  async unload(): Promise<void> {
    this.command = undefined;
    this.streaming = false;
    this.spare = undefined;
    const all = [...this.alive];
    for (const life of all) life.stop();
    await Promise.all(all.map((life) => life.ended));
  }

  transcribe(pcm: Float32Array, options: DecodeRequest, signal?: AbortSignal): Promise<AsrResult> {
    if (!this.command) return Promise.reject(modelNotLoaded());
    if (pcm.length > MAX_SECONDS * SAMPLE_RATE) return Promise.reject(phraseTooLong(MAX_SECONDS));
    const work = this.turn.then(() => this.decode(pcm, options, signal));
    this.turn = work.catch(() => undefined);
    return work;
  }

  /** Only one phrase streams at a time: each process holds the whole model. */
  openStream(options: DecodeRequest): RecogniserStream | undefined {
    if (!this.command) throw modelNotLoaded();
    if (this.streaming) return undefined;
    this.streaming = true;
    return new VoxtralStream(
      options,
      this.setup.clock,
      () => this.take(),
      () => {
        this.streaming = false;
        // The next phrase then has a process with a loaded model.
        if (this.isInBudget()) this.prepare();
      },
    );
  }

  private async decode(
    pcm: Float32Array,
    options: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    if (signal?.aborted) throw decodeCancelled();
    const begun = this.setup.clock.now();
    if (pcm.length === 0) return resultOf('', pcm, options, 0);
    const life = this.take();
    const stop = (): void => life.stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      life.write(LEAD_IN);
      life.write(toInt16(pcm));
      const text = await textOf(life);
      if (signal?.aborted) throw decodeCancelled();
      return resultOf(text, pcm, options, this.setup.clock.now() - begun);
    } catch (error) {
      throw signal?.aborted ? decodeCancelled() : error;
    } finally {
      signal?.removeEventListener('abort', stop);
      life.stop();
      // The next phrase then has a process with a loaded model.
      if (this.isInBudget()) this.prepare();
    }
  }

  private take(): VoxtralProcess {
    const life = this.prepare();
    this.spare = undefined;
    return life;
  }

  /**
   * Returns the spare process, or starts one.
   * @throws EarmarkError engine.unavailable, also if the program keeps ending
   */
  private prepare(): VoxtralProcess {
    if (this.spare?.isUsable) return this.spare;
    if (!this.command) throw modelNotLoaded();
    if (!this.isInBudget())
      throw new EarmarkError(
        'engine.unavailable',
        `voxtral ended ${RESTARTS.count} times within ${RESTARTS.windowMs / 60_000} ` +
          'minutes. Run it by hand to see why, then try again.',
      );
    const life = new VoxtralProcess(this.command, this.setup.clock, {
      ...LIMITS,
      ...this.setup.limits,
    });
    this.alive.add(life);
    void life.ended.then(({ failed }) => {
      this.alive.delete(life);
      if (failed) this.failures.push(this.setup.clock.now());
    });
    return (this.spare = life);
  }

  private isInBudget(): boolean {
    const now = this.setup.clock.now();
    this.failures = this.failures.filter((at) => now - at < RESTARTS.windowMs);
    return this.command !== undefined && this.failures.length < RESTARTS.count;
  }
}

/** A phrase in a process of its own. The program only appends to its text. */
class VoxtralStream implements RecogniserStream {
  private life: VoxtralProcess | undefined;
  private readonly pushed: Float32Array[] = [];
  private samples = 0;
  private state: 'open' | 'ended' = 'open';

  constructor(
    private readonly options: DecodeRequest,
    private readonly clock: Clock,
    private readonly take: () => VoxtralProcess,
    private readonly closed: () => void,
  ) {}

  async push(pcm: Float32Array): Promise<StreamedText> {
    if (this.state === 'ended') throw streamEnded();
    if (this.samples + pcm.length > MAX_SECONDS * SAMPLE_RATE) throw phraseTooLong(MAX_SECONDS);
    if (!this.life) {
      this.life = this.take();
      this.life.write(LEAD_IN);
    }
    this.life.write(toInt16(pcm));
    this.pushed.push(pcm.slice());
    this.samples += pcm.length;
    await this.life.ready;
    if (!this.life.isUsable) throw processEnded();
    return { stable: this.life.text.split(/\s+/).filter(Boolean).join(' '), unstable: '' };
  }

  async end(): Promise<AsrResult> {
    if (this.state === 'ended') throw streamEnded();
    this.state = 'ended';
    const begun = this.clock.now();
    try {
      const text = this.life ? await textOf(this.life) : '';
      return resultOf(text, joinSamples(this.pushed), this.options, this.clock.now() - begun);
    } finally {
      this.closed();
    }
  }

  close(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.life?.stop();
    this.closed();
  }
}

function streamEnded(): EarmarkError {
  return new EarmarkError('engine.unavailable', 'The stream has ended; open a new one.');
}

function processEnded(): EarmarkError {
  return new EarmarkError(
    'engine.crashed',
    'voxtral stopped during a phrase and is being restarted.',
  );
}

/**
 * Returns the whole text after the end of the input.
 * @throws EarmarkError engine.crashed, engine.unavailable
 */
async function textOf(life: VoxtralProcess): Promise<string> {
  await life.ready;
  life.finish();
  const { failed } = await life.ended;
  if (failed) throw processEnded();
  return life.text;
}

/** The program gives no confidence. */
function resultOf(
  text: string,
  pcm: Float32Array,
  options: DecodeRequest,
  inferenceMs: number,
): AsrResult {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return {
    text: words.join(' '),
    words: estimateWordTimes(
      words.map((word) => ({ text: word })),
      audioBounds(pcm),
    ),
    language: options.language,
    inferenceMs,
  };
}
