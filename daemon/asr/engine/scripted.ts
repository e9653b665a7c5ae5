/**
 * A recogniser for tests. It returns the lines of a script, a line for each phrase in the order of
 * the calls. After the last line, it creates words from the length of the audio. It supports
 * delays, failures and aborts.
 */
import { EarmarkError, type ErrorCode } from '../../../protocol/errors';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { scriptedInfo } from '../contract/providerInfos';
import type { DecodeRequest, AsrProvider, AsrResult } from '../contract/provider';
import type { LoadedModelFiles } from '../../models/modelFiles';
import { estimateWordTimes } from '../decoding/wordTimes';
import { decodeCancelled, modelNotLoaded } from '../contract/errors';

export interface ScriptLine {
  readonly text?: string;
  readonly confidence?: number;
  readonly delayMs?: number;
  readonly fail?: ErrorCode;
}

export interface ScriptedOptions {
  readonly clock: Clock;
  readonly script?: readonly ScriptLine[];
  readonly loadFails?: ErrorCode;
  readonly loadMs?: number;
}

const WORDS = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima'.split(' ');

export class ScriptedProvider implements AsrProvider {
  readonly info = scriptedInfo;
  /** Number of samples of each received phrase. */
  readonly asked: number[] = [];
  private next = 0;
  private loaded = false;

  constructor(private readonly options: ScriptedOptions) {}

  async load(_model: LoadedModelFiles): Promise<void> {
    await this.wait(this.options.loadMs ?? 0);
    if (this.options.loadFails)
      throw new EarmarkError(
        this.options.loadFails,
        'The script prevents the model from loading; change the script.',
      );
    this.loaded = true;
  }

  async transcribe(
    pcm: Float32Array,
    options: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    if (!this.loaded) throw modelNotLoaded();
    const begun = this.options.clock.now();
    this.asked.push(pcm.length);
    const line = this.options.script?.[this.next++] ?? {};
    await this.wait(line.delayMs ?? 0, signal);
    if (line.fail)
      throw new EarmarkError(line.fail, 'The script makes this phrase fail; try again.');
    const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
    const text =
      line.text ??
      WORDS.slice(0, Math.max(1, Math.min(WORDS.length, Math.round(audioMs / 500)))).join(' ');
    const confidence = line.confidence ?? 0.9;
    const words = text.split(/\s+/).filter((word) => word !== '');
    return {
      text: words.join(' '),
      words: estimateWordTimes(
        words.map((word) => ({ text: word, confidence })),
        { startMs: 0, endMs: Math.round(audioMs) },
      ),
      confidence: words.length === 0 ? 0 : confidence,
      language: options.language,
      inferenceMs: this.options.clock.now() - begun,
    };
  }

  unload(): Promise<void> {
    this.loaded = false;
    return Promise.resolve();
  }

  private wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(decodeCancelled());
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.options.clock.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      const onAbort = (): void => {
        timer.dispose();
        reject(decodeCancelled());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
