/**
 * Voxtral against a child that behaves like voxtral.c: its lives, failures, budget, and streams.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  VoxtralProvider,
  type VoxtralSetup,
} from '../../../daemon/adapters/inference/voxtral/voxtral';
import { systemClock } from '../../../daemon/base/clock';
import { EarmarkError } from '../../../protocol/errors';

const CHILD = path.join(__dirname, '../../../testing/fakes/voxtralChild.cjs');
const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (e: unknown) => (e instanceof EarmarkError ? e.code : e),
  );
const audio = (seconds: number): Float32Array =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.2 * Math.sin(i / 9));

describe('voxtral', function () {
  this.timeout(20_000);
  let folder: string;
  const providers: VoxtralProvider[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'earmark-voxtral-'));
    writeFileSync(path.join(folder, 'consolidated.safetensors'), 'weights');
  });
  afterEach(async () => {
    await Promise.all(providers.splice(0).map((p) => p.unload()));
    rmSync(folder, { recursive: true, force: true });
  });

  const script = (how: object): void =>
    writeFileSync(path.join(folder, 'script.json'), JSON.stringify(how));
  const lives = (): number => readFileSync(path.join(folder, 'lives'), 'utf8').length;
  const make = (limits: VoxtralSetup['limits'] = {}, clock = systemClock): VoxtralProvider => {
    const provider = new VoxtralProvider({
      program: process.execPath,
      args: [CHILD],
      clock,
      limits,
    });
    providers.push(provider);
    return provider;
  };
  const loaded = async (limits: VoxtralSetup['limits'] = {}): Promise<VoxtralProvider> => {
    const provider = make(limits);
    await provider.load({
      id: 'voxtral-mini-4b',
      files: { model: path.join(folder, 'consolidated.safetensors') },
    });
    return provider;
  };
  const options = { language: 'en' };

  it('gives each phrase a life of its own, and the next one a process that is loaded', async () => {
    const provider = await loaded();
    const texts = [];
    for (const seconds of [1, 2, 0.5])
      texts.push((await provider.transcribe(audio(seconds), options)).text);
    deepEqual(texts, ['one two', 'one two three four', 'one']);
    ok(lives() >= 3);
  });

  it('never lets the program mistake sound for a WAV file', async () => {
    const riff = audio(1);
    // "RIFF" as two samples.
    riff.set([0x4952 / 32_768, 0x4646 / 32_768]);
    equal((await (await loaded()).transcribe(riff, options)).text, 'one two');
  });

  it('says where its program or its model is missing', async () => {
    const none = new VoxtralProvider({ program: path.join(folder, 'voxtral'), clock: systemClock });
    providers.push(none);
    const model = { id: 'm', files: { model: path.join(folder, 'consolidated.safetensors') } };
    await rejects(
      none.load(model),
      /Could not start the program .*voxtral \(ENOENT\)\. Set "earmark\.voxtral\.program"/,
    );
    equal(await code(make().load({ id: 'm', files: {} })), 'model.missing');
    rmSync(path.join(folder, 'consolidated.safetensors'));
    await rejects(loaded(), /ended before it was ready/);
  });

  it('is ended when it is not ready in time', async () => {
    script({ neverReady: true, ignoreTerm: true });
    const begun = Date.now();
    await rejects(
      loaded({ readyMs: 600, killMs: 200 }),
      /was not ready within 0\.6 s, so Earmark stopped it/,
    );
    ok(Date.now() - begun < 10_000);
  });

  it('is stopped with TERM and then KILL when it hangs over a phrase that nobody wants any more', async () => {
    script({ hangAtEnd: true, ignoreTerm: true });
    const provider = await loaded({ killMs: 200 });
    const abort = new AbortController();
    const run = code(provider.transcribe(audio(1), options, abort.signal));
    setTimeout(() => abort.abort(), 300);
    equal(await run, 'rpc.cancelled');
    script({});
    equal((await provider.transcribe(audio(1), options)).text, 'one two');
  });

  it('is started again after a crash, five times in three minutes', async () => {
    script({ crashInLives: [0, 1, 2, 3, 4, 5, 6, 7] });
    const provider = await loaded();
    const codes = [];
    for (let i = 0; i < 7; i++) codes.push(await code(provider.transcribe(audio(2), options)));
    deepEqual(codes, [
      ...Array<string>(5).fill('engine.crashed'),
      'engine.unavailable',
      'engine.unavailable',
    ]);
    await rejects(provider.transcribe(audio(1), options), /ended 5 times within 3 minutes/);
    script({});
    // A load by hand begins anew.
    await provider.load({
      id: 'm',
      files: { model: path.join(folder, 'consolidated.safetensors') },
    });
    equal((await provider.transcribe(audio(1), options)).text, 'one two');
  });

  it('takes no more sound than its queue holds', async () => {
    script({ neverReady: true });
    const provider = make({ queuedBytes: 32_000, killMs: 100 });
    provider
      .load({ id: 'm', files: { model: path.join(folder, 'consolidated.safetensors') } })
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    equal(await code(provider.transcribe(audio(3), options)), 'audio.tooFast');
  });

  describe('as a stream', () => {
    const open = async () => {
      const stream = (await loaded()).openStream(options);
      ok(stream);
      return stream;
    };

    it('shows the text while audio arrives, and all of it at the end', async () => {
      const stream = await open();
      const seen = new Set<string>();
      for (let i = 0; i < 20; i++) {
        seen.add((await stream.push(audio(0.1))).stable);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      equal((await stream.end()).text, 'one two three four');
      ok(seen.has('one'), [...seen].join('|'));
      equal(await code(stream.push(audio(1))), 'engine.unavailable');
    });

    it('fails when the process dies, and the provider decodes the next phrase', async () => {
      script({ crashInLives: [0] });
      const provider = await loaded();
      const stream = provider.openStream(options);
      await stream?.push(audio(1.5));
      equal(await code(stream!.end()), 'engine.crashed');
      equal((await provider.transcribe(audio(1.5), options)).text, 'one two three');
    });

    it('streams one phrase at a time, and the next after close', async () => {
      const provider = await loaded();
      const first = provider.openStream(options);
      await first?.push(audio(1));
      equal(provider.openStream(options), undefined);
      first?.close();
      const second = provider.openStream(options);
      equal((await second?.end())?.text, '');
    });

    it('refuses a phrase of more than half a minute', async () => {
      const stream = await open();
      await stream.push(audio(29));
      equal(await code(stream.push(audio(2))), 'rpc.invalidParams');
      stream.close();
    });
  });
});
