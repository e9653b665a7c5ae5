// Optimised graphs that are kept for the next load: used, made anew where they are damaged or of
// another model, gone with their model.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tidyGraphs } from '../../../daemon/adapters/inference/graphs/graphCache';
import { MoonshineProvider } from '../../../daemon/adapters/inference/moonshine/moonshine';
import type { EarmarkError } from '../../../protocol/errors';
import { writeMoonshineDecoder, writeMoonshineEncoder } from '../../../testing/fakes/onnxFile';

describe('kept graphs', function () {
  this.timeout(20_000);
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earmark-graphs-'));
    writeMoonshineEncoder(join(folder, 'encoder.onnx'));
    writeMoonshineDecoder(join(folder, 'decoder.onnx'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const audio = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin(i / 9) * 0.2);
  const graphs = (): string[] => readdirSync(join(folder, 'kept')).sort();

  /** Loads, decodes, and waits for what is kept. @returns the text, or the code of the error */
  async function load(revision = 'r1', kept = 'kept'): Promise<string> {
    const provider = new MoonshineProvider();
    try {
      await provider.load({
        id: 'm',
        files: { encoder: join(folder, 'encoder.onnx'), decoder: join(folder, 'decoder.onnx') },
        cache: { folder: join(folder, kept), revision },
      });
      return (await provider.transcribe(audio, { language: 'en' })).text;
    } catch (error) {
      return (error as EarmarkError).code;
    } finally {
      await provider.unload();
      for (
        let i = 0;
        i < 100 && kept === 'kept' && graphs().some((name) => name.endsWith('.part.ort'));
        i++
      )
        await new Promise((r) => setTimeout(r, 10));
    }
  }

  it('are read at the next load, with the same text', async () => {
    const text = await load();
    ok(text.length > 10, text);
    deepEqual(
      graphs().map((name) => name.replace(/-[0-9a-f]{16}-[0-9a-f]{32}\./, '.')),
      ['cross.ort', 'decoder.ort', 'encoder.ort'],
    );
    // The models themselves are no longer looked into.
    for (const name of ['encoder.onnx', 'decoder.onnx']) writeFileSync(join(folder, name), 'other');
    equal(await load(), text);
    equal(await load('r2'), 'model.corrupt');
  });

  it('are made anew where they are damaged, cut, or not what their name says', async () => {
    const text = await load();
    for (const damage of [
      (b: Buffer) => b.fill(7, b.length / 2, b.length / 2 + 1),
      (b: Buffer) => b.subarray(0, b.length / 2),
      () => Buffer.from('no graph'),
    ]) {
      for (const name of graphs())
        writeFileSync(join(folder, 'kept', name), damage(readFileSync(join(folder, 'kept', name))));
      deepEqual([await load(), graphs().length], [text, 3]);
    }
  });

  it('of another state folder are made anew: the key of their checksum is another', async () => {
    const text = await load();
    const before = graphs();
    equal(statSync(join(folder, '.key')).mode & 0o777, 0o600);
    writeFileSync(join(folder, '.key'), Buffer.alloc(32, 7));
    deepEqual([await load(), graphs().length], [text, 3]);
    deepEqual(
      graphs().filter((name) => before.includes(name)),
      [],
    );
  });

  it('of an older version of the model go', async () => {
    await load();
    const before = graphs();
    await load('r2');
    deepEqual([graphs().length, graphs().filter((name) => before.includes(name))], [3, []]);
  });

  it('are not needed: a folder that cannot be made costs nothing', async () => {
    equal(await load('r1', 'encoder.onnx/kept'), await load());
  });

  it('go with their model', async () => {
    await load('r1', 'kept');
    await tidyGraphs(folder, ['kept', 'encoder.onnx']);
    deepEqual(readdirSync(folder).sort(), ['.key', 'encoder.onnx', 'kept']);
    await tidyGraphs(join(folder, 'nowhere'), []);
  });
});
