/** Speaker models that compute each cut once and keep the result on disk, for tuning runs. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { SpeakerEmbedder, SpeakerSegmenter } from '../../daemon/diarization/contract';

const FOLDER = resolve(__dirname, '../../.cache/bench/diarization');

export type SpeakerModels = SpeakerEmbedder & SpeakerSegmenter;

export class CachedModels implements SpeakerModels {
  private readonly path: string;
  private readonly known: Map<string, Uint8Array | Float32Array>;
  private fresh = 0;

  /** @param name of the file that keeps the results of a recording */
  constructor(
    name: string,
    private readonly models: SpeakerModels,
  ) {
    this.path = join(FOLDER, `${name.replace(/\W+/g, '-')}.bin`);
    this.known = existsSync(this.path)
      ? (deserialize(readFileSync(this.path)) as Map<string, Uint8Array | Float32Array>)
      : new Map();
  }

  async segment(window: Float32Array): Promise<Uint8Array> {
    return (await this.once(window, () => this.models.segment(window))) as Uint8Array;
  }

  async embed(cuts: readonly Float32Array[]): Promise<readonly Float32Array[]> {
    const embeddings: Float32Array[] = [];
    for (const cut of cuts)
      embeddings.push(
        (await this.once(
          cut,
          async () => (await this.models.embed([cut]))[0] as Float32Array,
          'e',
        )) as Float32Array,
      );
    return embeddings;
  }

  save(): void {
    if (this.fresh === 0) return;
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(this.path, serialize(this.known));
    this.fresh = 0;
  }

  private async once(
    pcm: Float32Array,
    make: () => Promise<Uint8Array | Float32Array>,
    kind = 's',
  ): Promise<Uint8Array | Float32Array> {
    const key =
      kind +
      createHash('sha1')
        .update(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength))
        .digest('base64');
    const found = this.known.get(key);
    if (found) return found;
    const made = await make();
    this.known.set(key, made);
    this.fresh++;
    return made;
  }
}
