/**
 * Converts decoded blocks of any rate and channel count to 16 kHz Int16: one mixed track, or left
 * and right apart.
 */
import type { AudioBlock } from '../../audio/audioFile';
import { SAMPLE_RATE } from '../../audio/frame';
import { ChannelMixer } from '../../audio/channelMixer';
import { type FullScale, toInt16 } from '../../audio/pcm';
import type { Resampler } from '../../audio/resampler';
import type { FloatBlock } from './codecs/codec';
import { createResampler } from './resampler';

export class TrackMaker {
  private resamplers: readonly Resampler[] = [];
  private rate = SAMPLE_RATE;
  private readonly mixer = new ChannelMixer();

  /**
   * @param fullScale scale of the decoder: without resampling and mixing, 16-bit samples are
   * restored exactly
   */
  constructor(
    private readonly split: boolean,
    private readonly fullScale: FullScale,
  ) {}

  async take(block: FloatBlock): Promise<AudioBlock> {
    const rest =
      block.sampleRate === this.rate ? undefined : await this.changeRate(block.sampleRate);
    const [left] = block.channelData;
    // A decoder may merge two identical channels.
    const tracks = this.split
      ? [left!, block.channelData[1] ?? left!]
      : [this.mixer.mix(block.channelData)];
    const converted = tracks.map((track, i) =>
      this.toPcm(this.resamplers[i]?.process(track) ?? track),
    );
    return rest === undefined ? converted : converted.map((pcm, i) => join(rest[i]!, pcm));
  }

  /** Flushes the resamplers. */
  end(): AudioBlock {
    if (this.resamplers.length === 0)
      return this.split ? [new Int16Array(0), new Int16Array(0)] : [new Int16Array(0)];
    const rest = this.resamplers.map((resampler) => this.toPcm(resampler.flush()));
    this.resamplers = [];
    return rest;
  }

  dispose(): void {
    for (const resampler of this.resamplers) resampler.dispose();
    this.resamplers = [];
  }

  private async changeRate(rate: number): Promise<AudioBlock> {
    const rest = this.end();
    this.rate = rate;
    const made: Resampler[] = [];
    if (rate !== SAMPLE_RATE)
      for (let i = 0; i < (this.split ? 2 : 1); i++)
        made.push(await createResampler(rate, SAMPLE_RATE));
    this.resamplers = made;
    return rest;
  }

  private toPcm(samples: Float32Array): Int16Array {
    return toInt16(samples, this.fullScale);
  }
}

function join(a: Int16Array, b: Int16Array): Int16Array {
  if (a.length === 0) return b;
  const out = new Int16Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
