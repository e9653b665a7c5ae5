/**
 * `earmark transcribe` with Whisper base, from its file in the import folder to words with times.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whisperFolder } from '../../daemon/adapters/inference/whisper/whisperBinding';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const shared = path.join(root, '../shared');
const model = path.join(shared, 'models/ggml-base-q8_0.bin');
const recording = path.join(shared, 'data/misc/jfk.wav');
/** Of the recording. */
const SECONDS = 11;

interface Transcript {
  readonly segments: readonly {
    readonly text: string;
    readonly words: readonly {
      readonly start: number;
      readonly end: number;
      readonly confidence: number;
      readonly timing: string;
    }[];
  }[];
}

describe('transcribe with Whisper', function () {
  this.timeout(300_000);
  let home: string;
  const cli = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        [path.join(root, 'dist/cli.js'), ...args],
        {
          cwd: root,
          env: { ...process.env, EARMARK_HOME: home, EARMARK_MODELS: path.join(home, 'models') },
          encoding: 'utf8',
        },
        (error, out, err) => (error ? reject(new Error(`${error.message} ${err}`)) : resolve(out)),
      );
    });

  before(async function () {
    const models = process.env['EARMARK_MODELS'];
    if (whisperFolder() === undefined) skip(this, 'Whisper is not built: run "npm run whisper"');
    if (!existsSync(model) || !existsSync(recording))
      skip(this, '../shared/models/ggml-base-q8_0.bin or ../shared/data/misc is not there');
    if (models === undefined || !existsSync(path.join(models, 'silero-vad')))
      skip(this, 'no models: run it with "npm run test:models"');
    home = mkdtempSync(path.join(tmpdir(), 'earmark-whisper-cli-'));
    mkdirSync(path.join(home, 'models/import'), { recursive: true });
    cpSync(path.join(models, 'silero-vad'), path.join(home, 'models/silero-vad'), {
      recursive: true,
    });
    copyFileSync(model, path.join(home, 'models/import/ggml-base-q8_0.bin'));
    await cli('models', 'pull', 'whisper-base-q8_0');
  });
  after(async () => {
    if (home === undefined) return;
    await cli('daemon', 'stop');
    rmSync(home, { recursive: true, force: true });
  });

  for (const language of ['en', 'auto']) {
    it(`hears a sentence that everybody knows, with the language ${language}`, async () => {
      const out = await cli(
        'transcribe',
        '--provider',
        'whisper',
        '--model',
        'whisper-base-q8_0',
        '--language',
        language,
        '--format',
        'json',
        recording,
      );
      const { segments } = JSON.parse(out) as Transcript;
      match(
        segments
          .map(({ text }) => text)
          .join(' ')
          .toLowerCase()
          .replace(/[^a-z ]/g, ''),
        /ask not what your country can do for you ask what you can do for your country/,
      );
      const words = segments.flatMap((segment) => segment.words);
      ok(
        words.length >= 20 &&
          words.every(
            ({ start, end, confidence, timing }) =>
              start >= 0 &&
              end >= start &&
              end <= SECONDS &&
              confidence > 0 &&
              confidence <= 1 &&
              timing === 'estimated',
          ),
      );
      deepEqual(
        words.map(({ start }) => start),
        words.map(({ start }) => start).sort((a, b) => a - b),
      );
    });
  }
});
