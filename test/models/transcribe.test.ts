/**
 * `earmark transcribe` with the real models: word errors and speed over LibriSpeech, no words where
 * nobody speaks.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { diarizationErrors, pooledRate, readRttm } from '../../testing/scoring/diarizationError';
import { pooledWer } from '../../testing/scoring/wordErrors';
import { skip } from '../../testing/harness/skip';
import { wav } from '../unit/capture/audioBytes';

const root = path.resolve(__dirname, '../..');
const data = path.join(root, '../shared/data');
/** Percent, as ../shared/tools/wer.py counts; the whole path with detection, phrases and guards. */
const WER_LIMIT = { clean: 4.1, other: 11.8 } as const;
/** Of the whole command on two cores, loading left out. */
const RTF_LIMIT = 0.06;
/** Percent of speaker time, no collar, overlap scored, from the command's RTTM. */
const DIARIZATION_LIMIT = 20;
const TEN_MINUTES = 600 * 16_000;

interface Line {
  readonly file: string;
  readonly start: number;
  readonly text: string;
}

describe('transcribe with real models', function () {
  this.timeout(400_000);
  let home: string;
  const cli = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        [path.join(root, 'dist/cli.js'), ...args],
        {
          cwd: root,
          env: { ...process.env, EARMARK_HOME: home },
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        },
        (error, out, err) => (error ? reject(new Error(`${error.message} ${err}`)) : resolve(out)),
      );
    });
  const lines = async (...args: string[]): Promise<Line[]> =>
    (await cli('transcribe', '--format', 'jsonl', ...args))
      .split('\n')
      .filter(Boolean)
      .map((l) => JSON.parse(l) as Line);

  before(async function () {
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !existsSync(models))
      skip(this, 'no models: run it with "npm run test:models"');
    home = mkdtempSync(path.join(tmpdir(), 'earmark-transcribe-'));
    // The models load here.
    await cli('transcribe', 'demo/standup.flac');
  });
  after(async () => {
    if (home === undefined) return;
    await cli('daemon', 'stop');
    rmSync(home, { recursive: true, force: true });
  });

  it('leans towards the names of a list', async function () {
    const spoken = path.join(data, 'dictation/audio/a02.flac');
    if (!existsSync(spoken)) skip(this, '../shared/data/dictation is not there');
    const names = path.join(home, 'names.txt');
    writeFileSync(names, 'toJSON\nretry_with_backoff\nsortRows\n');
    const recognised = [
      await cli('transcribe', spoken),
      await cli('transcribe', spoken, '--symbols', names),
    ].map((text) => /back.?off/i.exec(text)?.[0]);
    deepEqual(recognised, ['back off', 'backoff']);
  });

  it(`tells two people on the telephone apart with at most ${DIARIZATION_LIMIT} % error`, async function () {
    const call = path.join(data, 'misc/phone2spk');
    if (!existsSync(`${call}.flac`)) skip(this, '../shared/data/misc is not there');
    const turns = (rttm: string) => [...readRttm(rttm).values()].flat();
    const found = turns(await cli('transcribe', '--diarize', '--format', 'rttm', `${call}.flac`));
    const rate = pooledRate([
      diarizationErrors(turns(readFileSync(`${call}.rttm`, 'utf8')), found),
    ]);
    process.stdout.write(
      `      ${rate.toFixed(1)} % over ${found.length} turns of ${new Set(found.map(({ speaker }) => speaker)).size}\n`,
    );
    ok(rate <= DIARIZATION_LIMIT, `${rate.toFixed(1)} %`);
    equal(new Set(found.map(({ speaker }) => speaker)).size, 2);
  });

  for (const set of ['clean', 'other'] as const) {
    it(`hears LibriSpeech ${set} with at most ${WER_LIMIT[set]} % word errors, in at most ${RTF_LIMIT} of its time`, async function () {
      if (!existsSync(path.join(data, 'libri'))) skip(this, '../shared/data/libri is not there');
      const references = readFileSync(path.join(data, 'libri/refs.tsv'), 'utf8')
        .split('\n')
        .map((l) => l.split('\t'))
        .filter(([s]) => s === set);
      const files = references.map(([, id]) => path.join(data, 'libri', set, `${id}.flac`));
      const audioMs = files.reduce((sum, file) => sum + flacMs(file), 0);
      // Time on a machine that others use as well says nothing about this command.
      const busy = loadavg()[0]! > availableParallelism();
      const begun = performance.now();
      const recognised = await lines(...files);
      const rtf = (performance.now() - begun) / audioMs;
      const wer = pooledWer(
        references.map(([, id, reference]) => ({
          reference: reference ?? '',
          hypothesis: recognised
            .filter((l) => path.basename(l.file, '.flac') === id)
            .sort((a, b) => a.start - b.start)
            .map((l) => l.text)
            .join(' '),
        })),
      );
      console.log(
        `      ${set}: ${wer.toFixed(2)} % word errors, real-time factor ${rtf.toFixed(3)}${busy ? ', not judged: the machine was busy before it began' : ''}`,
      );
      deepEqual(
        { words: wer <= WER_LIMIT[set], speed: busy || rtf <= RTF_LIMIT },
        { words: true, speed: true },
      );
    });
  }

  it('hears a sentence that everybody knows', async function () {
    if (!existsSync(path.join(data, 'misc/jfk.wav')))
      skip(this, '../shared/data/misc is not there');
    const text = (await lines(path.join(data, 'misc/jfk.wav')))
      .map((l) => l.text)
      .join(' ')
      .toLowerCase()
      .replace(/[^a-z ]/g, '');
    match(text, /ask not what your country can do for you ask what you can do for your country/);
  });

  describe('says nothing', () => {
    async function checkSilent(name: string, sample: (i: number) => number): Promise<void> {
      const file = path.join(home, name);
      writeFileSync(file, wav(TEN_MINUTES, sample));
      equal(await cli('transcribe', file), '');
      rmSync(file);
    }
    it('in ten minutes of silence', () => checkSilent('silence.wav', () => 0));
    it('in ten minutes of white noise', () => checkSilent('white.wav', noise(0.03)));
    it('in ten minutes of humming mains and hiss', () => {
      const hiss = noise(0.005);
      return checkSilent(
        'hum.wav',
        (i) =>
          0.05 * Math.sin((2 * Math.PI * 50 * i) / 16_000) +
          0.02 * Math.sin((2 * Math.PI * 150 * i) / 16_000) +
          hiss(),
      );
    });
    it('in recorded noise', async function () {
      if (!existsSync(path.join(data, 'misc/noise1.flac')))
        skip(this, '../shared/data/misc is not there');
      equal(await cli('transcribe', path.join(data, 'misc/noise1.flac')), '');
    });
  });

  it('turns both channels of every meeting into speakers and insights with quotes that stand in the transcript', async function () {
    if (!existsSync(path.join(data, 'meetings')))
      skip(this, '../shared/data/meetings is not there');
    const files = readdirSync(path.join(data, 'meetings'))
      .filter((f) => f.endsWith('.flac'))
      .map((f) => path.join(data, 'meetings', f));
    const all = JSON.parse(
      await cli('transcribe', '--split-channels', '--format', 'json', ...files),
    ) as {
      segments: { id: string; source: string; text: string }[];
      actions: Quoted[];
      decisions: Quoted[];
      summary: Quoted[];
    }[];
    for (const { segments, actions, decisions, summary } of all) {
      const said = new Map(segments.map((s) => [s.id, s.text]));
      const invented = [...actions, ...decisions, ...summary]
        .flatMap((i) => i.evidence)
        .filter((e) => !said.get(e.segmentId)?.includes(e.quote)).length;
      deepEqual(
        { sources: [...new Set(segments.map((s) => s.source))].sort(), invented },
        { sources: ['mic', 'system'], invented: 0 },
      );
      ok(actions.length > 0 && decisions.length > 0 && summary.length > 0);
    }
  });
});

interface Quoted {
  readonly evidence: { readonly segmentId: string; readonly quote: string }[];
}

/** Length that the STREAMINFO block of a FLAC file tells (RFC 9639, section 8.2). */
function flacMs(file: string): number {
  const info = readFileSync(file).subarray(8, 42);
  const rate = info.readUIntBE(10, 3) >> 4;
  return ((info.readUInt8(13) & 0x0f) * 2 ** 32 + info.readUInt32BE(14)) * (1000 / rate);
}

/** Noise that is the same in every run (mulberry32 by Tommy Ettinger, public domain). */
function noise(amplitude: number): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return amplitude * (((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1);
  };
}
