// What every recogniser keeps to: the scripted one, and Moonshine where its files are.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModels } from '../../bench/speechPath';
import { MoonshineProvider } from '../../daemon/adapters/inference/moonshine';
import type { AsrProvider, LoadedModelFiles } from '../../daemon/asr/provider';
import { ScriptedProvider } from '../../daemon/asr/scripted';
import { ManualClock } from '../../daemon/base/clock';
import { EarmarkError } from '../../protocol/errors';
import { skip } from '../skip';

const code = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fine', (e: unknown) => (e instanceof EarmarkError ? e.code : e));
/** A vowel-like buzz; recognisers may or may not hear words in it. */
const buzz = (seconds: number): Float32Array => Float32Array.from({ length: seconds * 16_000 }, (_, i) => ((i % 128) / 128 - 0.5) * 0.3 * (0.6 + 0.4 * Math.sin(i / 1500)));
const models = findModels(process.env['EARMARK_MODELS']);

const providers: { name: string; make(): AsrProvider; model: LoadedModelFiles | undefined }[] = [
  { name: 'scripted', make: () => new ScriptedProvider({ clock: new ManualClock() }), model: { id: 'scripted', files: {} } },
  { name: 'moonshine', make: () => new MoonshineProvider(), model: models && { id: 'moonshine-tiny', files: { encoder: models.encoder, decoder: models.decoder } } },
];

for (const { name, make, model } of providers) {
  describe(`recogniser contract: ${name}`, function () {
    this.timeout(60_000);
    let provider: AsrProvider;
    before(async function () {
      if (!model) skip(this, 'no models: run it with "npm test"');
      provider = make();
      assert.equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'engine.unavailable');
      await provider.load(model, 'auto');
    });
    after(async () => provider?.unload());

    it('says what it is', () => {
      const { id, name: title, capabilities } = provider.info;
      assert.deepEqual([id, title.length > 0, capabilities.languages.length > 0], [name, true, true]);
    });

    for (const seconds of [0, 0.1, 0.9, 3, 20]) {
      it(`gives words in order, within ${seconds} s of audio`, async () => {
        const result = await provider.transcribe(buzz(seconds), { language: 'en' });
        assert.equal(result.words.map((w) => w.text).join(' '), result.text);
        assert.ok(result.confidence >= 0 && result.confidence <= 1 && result.inferenceMs >= 0);
        assert.match(result.language, /^en/);
        let end = 0;
        for (const word of result.words) {
          assert.ok(word.startMs >= end && word.endMs >= word.startMs && word.endMs <= seconds * 1000 && word.confidence > 0 && word.confidence <= 1, `${seconds} s`);
          end = word.endMs;
        }
      });
    }

    it('does not change the samples', async () => {
      const pcm = buzz(1);
      await provider.transcribe(pcm, { language: 'en' });
      assert.deepEqual(pcm, buzz(1));
    });

    it('can be cancelled before and while it decodes', async () => {
      assert.equal(await code(provider.transcribe(buzz(1), { language: 'en' }, AbortSignal.abort())), 'rpc.cancelled');
      const later = new AbortController();
      const run = code(provider.transcribe(buzz(20), { language: 'en' }, later.signal));
      later.abort();
      assert.ok(['rpc.cancelled', 'fine'].includes(String(await run)));
      assert.equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'fine');
    });

    it('loads again after it was unloaded', async () => {
      await provider.unload();
      assert.equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'engine.unavailable');
      await provider.load(model as LoadedModelFiles, 'cpu');
      assert.equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'fine');
    });
  });
}

describe('scripted recogniser', () => {
  const clock = new ManualClock();
  const provider = new ScriptedProvider({ clock, script: [{ text: 'we ship  it', confidence: 0.5 }, { fail: 'engine.crashed' }, { text: 'late', delayMs: 300 }, { text: 'never', delayMs: 300 }, { text: '' }] });
  const ask = (signal?: AbortSignal) => provider.transcribe(new Float32Array(16_000), { language: 'en' }, signal);

  it('follows its script', async () => {
    await provider.load({ id: 'scripted', files: {} });
    const { text, confidence } = await ask();
    assert.deepEqual([text, confidence, await code(ask())], ['we ship it', 0.5, 'engine.crashed']);
    const late = ask();
    clock.advance(300);
    assert.deepEqual([(await late).text, (await late).inferenceMs], ['late', 300]);
    const abort = new AbortController();
    const never = code(ask(abort.signal));
    abort.abort();
    assert.deepEqual([await never, clock.pending], ['rpc.cancelled', 0]);
    assert.deepEqual([(await ask()).text, (await ask()).text, provider.asked.length], ['', 'alpha bravo', 6]);
  });
  it('fails to load when told to', async () => assert.equal(await code(new ScriptedProvider({ clock, loadFails: 'model.corrupt' }).load({ id: 'x', files: {} })), 'model.corrupt'));
});

describe('Moonshine with a wrong file', function () {
  this.timeout(60_000);
  const load = (encoder: string | undefined, decoder: string | undefined) => code(new MoonshineProvider().load({ id: 'm', files: { ...(encoder ? { encoder } : {}), ...(decoder ? { decoder } : {}) } }));
  it('names what is wrong without any model', async () => {
    assert.deepEqual([await load(undefined, undefined), await load(join(__dirname, 'no-such-file.onnx'), undefined), await load(__filename, undefined), await load(__dirname, undefined)], ['model.missing', 'model.missing', 'model.corrupt', 'model.corrupt']);
  });
  it('tells another model from a cut one', async function () {
    if (!models) skip(this, 'no models: run it with "npm test"');
    const folder = mkdtempSync(join(tmpdir(), 'earmark-cut-'));
    const cut = join(folder, 'encoder_model.onnx');
    writeFileSync(cut, readFileSync(models.encoder).subarray(0, 3_000_000));
    assert.equal(await load(cut, models.decoder), 'model.corrupt');
    rmSync(folder, { recursive: true });
    assert.deepEqual([await load(models.vad, models.decoder), await load(models.encoder, models.encoder), await load(models.encoder, undefined)], ['model.incompatible', 'model.incompatible', 'model.missing']);
  });
});
