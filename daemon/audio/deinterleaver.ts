/** Splits interleaved samples into channels; an incomplete frame waits for the next samples. */
export class Deinterleaver {
  private left = new Int16Array(0);

  constructor(private readonly channels: number) {}

  /** @returns an array for each channel, equally long */
  push(samples: Int16Array): Int16Array[] {
    const { channels } = this;
    const all = new Int16Array(this.left.length + samples.length);
    all.set(this.left);
    all.set(samples, this.left.length);
    const frames = Math.floor(all.length / channels);
    this.left = all.slice(frames * channels);
    return Array.from({ length: channels }, (_, c) =>
      Int16Array.from({ length: frames }, (_, i) => all[i * channels + c]!),
    );
  }
}
