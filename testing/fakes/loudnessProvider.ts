/**
 * A recogniser for test workers. It recognises loudness: a phrase whose loudest sample is 100 × n
 * is the word `wn`, as in scriptedEngine.ts. It takes as long as Moonshine takes for phrases of
 * that length, without processor load.
 */
import type { DecodeRequest, AsrResult } from '../../daemon/asr/contract/provider';
import type { LoadedModelFiles } from '../../daemon/models/modelFiles';
import { ScriptedProvider } from '../../daemon/asr/engine/scripted';
import { SAMPLE_RATE } from '../../daemon/audio/frame';
import { systemClock } from '../../daemon/base/clock';
import { EarmarkError } from '../../protocol/errors';
import { LOUDNESS } from './scripted/scriptedEngine';

/**
 * Moonshine tiny on one thread: RTF 0.031 for phrases of 5 s, including some 20 ms of fixed encoder
 * time.
 */
export const moonshineMs = (audioMs: number): number => 20 + 0.027 * audioMs;

export class LoudnessProvider extends ScriptedProvider {
  /**
   * @param slower factor on Moonshine's time
   * @param loads the model load waits for its promise
   */
  constructor(
    private readonly slower = 1,
    private readonly loads: () => Promise<void> = () => Promise.resolve(),
  ) {
    super({ clock: systemClock });
  }

  override async load(model: LoadedModelFiles): Promise<void> {
    await this.loads();
    await super.load(model);
  }

  override async transcribe(
    pcm: Float32Array,
    { language }: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
    let peak = 0;
    for (const v of pcm) peak = Math.max(peak, Math.abs(v));
    // The silent warm-up takes no time. Otherwise a slow worker would not get ready.
    const inferenceMs = peak === 0 ? 0 : moonshineMs(audioMs) * this.slower;
    const text = `w${Math.round((peak * 32_768) / LOUDNESS)}`;
    await new Promise<void>((resolve, reject) => {
      const timer = systemClock.setTimeout(resolve, inferenceMs);
      signal?.addEventListener(
        'abort',
        () => {
          timer.dispose();
          reject(new EarmarkError('rpc.cancelled', 'The decode was cancelled.'));
        },
        { once: true },
      );
    });
    return {
      text,
      words: [{ text, startMs: 0, endMs: audioMs, confidence: 0.9, timing: 'estimated' }],
      confidence: 0.9,
      language,
      inferenceMs,
    };
  }
}
