/**
 * Mixes several channels into one, so that speech in any channel keeps its level. A silent channel
 * reduces nothing, and a channel with inverted polarity is inverted instead of cancelling the
 * others.
 */

/** Channels below this correlation with the loudest channel are its inverted copies. */
const INVERTED_BELOW = -0.5;
/** Weight of the past after each block, for energies and correlations. */
const MEMORY = 0.9;

export class ChannelMixer {
  private energies: number[] = [];
  /** Products of channel i with the first channel. */
  private products: number[] = [];
  private weights: number[] = [];

  /** @returns the mixed samples; a single channel is returned without a copy */
  mix(channels: readonly Float32Array[]): Float32Array {
    const [first] = channels;
    if (first === undefined) return new Float32Array(0);
    if (channels.length === 1) return first;
    const loudest = this.measure(channels);
    const total = this.energies.reduce((sum, energy) => sum + energy, 0);
    // Active channels of equal level share the level; a single channel keeps its own.
    const scale = total > 0 ? (this.energies[loudest] ?? 0) / total : 1 / channels.length;
    const target = channels.map((_, i) => scale * this.sign(i, loudest));
    const before = this.weights.length === channels.length ? this.weights : target;
    const out = new Float32Array(first.length);
    channels.forEach((channel, c) => {
      const [from, to] = [before[c] ?? 0, target[c] ?? 0];
      const step = (to - from) / Math.max(1, out.length);
      for (let i = 0; i < out.length; i++) out[i]! += (channel[i] ?? 0) * (from + step * i);
    });
    this.weights = target;
    return out;
  }

  /** Adds the block to the running energies. @returns the loudest channel */
  private measure(channels: readonly Float32Array[]): number {
    if (this.energies.length !== channels.length) {
      this.energies = channels.map(() => 0);
      this.products = channels.map(() => 0);
    }
    const first = channels[0] ?? new Float32Array(0);
    channels.forEach((channel, c) => {
      let [energy, product] = [0, 0];
      for (let i = 0; i < channel.length; i++) {
        energy += channel[i]! * channel[i]!;
        product += channel[i]! * first[i]!;
      }
      this.energies[c] = this.energies[c]! * MEMORY + energy;
      this.products[c] = this.products[c]! * MEMORY + product;
    });
    return this.energies.indexOf(Math.max(...this.energies));
  }

  /** Polarity relative to the loudest channel, computed through the first channel. */
  private sign(channel: number, loudest: number): 1 | -1 {
    return this.inverted(channel) === this.inverted(loudest) ? 1 : -1;
  }

  private inverted(channel: number): boolean {
    const power = Math.sqrt(this.energies[0]! * this.energies[channel]!);
    return power > 0 && this.products[channel]! / power < INVERTED_BELOW;
  }
}
