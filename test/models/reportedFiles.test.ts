/** Files and commands of users' reports, through the whole command line with the real models. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const shared = path.resolve(root, '../shared');
const reported = (file: string): string => path.join(shared, 'cases/files', file);
const misc = (file: string): string => path.join(shared, 'data/misc', file);
const jfk = misc('jfk.wav');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly speaker: string;
  readonly text: string;
  readonly words?: readonly { readonly start: number; readonly end: number }[];
}

describe('reported files with real models', function () {
  this.timeout(200_000);
  let home = '';
  let folder = '';

  function run(
    args: readonly string[],
    more: {
      readonly input?: string;
      readonly home?: string;
      readonly out?: number;
      readonly killAfterMs?: number;
    } = {},
  ): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), ...args], {
        cwd: root,
        env: { ...process.env, EARMARK_HOME: more.home ?? home },
        stdio: [
          more.input === undefined ? 'ignore' : openSync(more.input, 'r'),
          more.out ?? 'pipe',
          'pipe',
        ],
        timeout: more.killAfterMs,
        killSignal: 'SIGKILL',
      });
      let [out, err] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out, err }));
    });
  }
  const segments = (out: string): readonly Segment[] =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Segment);

  before(async function () {
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !existsSync(models))
      skip(this, 'no models: run it with "npm run test:models"');
    if (!existsSync(reported('')) || !existsSync(jfk)) skip(this, '../shared is not there');
    folder = mkdtempSync(path.join(tmpdir(), 'earmark-reported-'));
    home = path.join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    await run(['transcribe', 'demo/standup.flac']);
  });
  after(async () => {
    if (folder === '') return;
    await run(['daemon', 'stop']);
    rmSync(folder, { recursive: true, force: true });
  });

  const COUNTRY = /what your country can do for you/i;

  it('no line of a commit message begins with #', async () => {
    const input = readFileSync(reported('10-commit-line-hash/input.txt'), 'utf8');
    const { out } = await run(['dictate', '--language-id', 'git-commit', '--text', input]);
    match(out, /#123 and some more words/);
    const repository = path.join(folder, 'repository');
    const git = (...args: string[]) =>
      spawnSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.invalid', ...args], {
        cwd: repository,
        encoding: 'utf8',
      });
    mkdirSync(repository);
    writeFileSync(path.join(repository, 'message'), out);
    git('init', '-q');
    git('commit', '--allow-empty', '--cleanup=strip', '-q', '-F', 'message');
    match(git('log', '-1', '--format=%B').stdout, /#123\s+and\s+some\s+more\s+words/);
  });

  it('a transcript in UTF-16 has its action and its decision', async () => {
    const { code, out } = await run([
      'analyze',
      reported('16-analyze-utf16/utf16.txt'),
      '--format',
      'json',
    ]);
    const { actions, decisions } = JSON.parse(out) as {
      actions: readonly { text: string; owner: string }[];
      decisions: readonly unknown[];
    };
    deepEqual(
      [code, actions.map(({ text, owner }) => [text.slice(0, 15), owner]), decisions.length],
      [0, [['Send the report', 'Anna']], 1],
    );
  });

  it('own JSON lines are read as segments', async () => {
    const { code, out } = await run(['analyze', reported('17-analyze-own-jsonl/t.jsonl')]);
    deepEqual([code, out.trim() !== ''], [0, true]);
  });

  it('JSON lines with speakers say what the kept session says', async () => {
    const { out, err } = await run([
      ...['transcribe', '--keep', '--diarize', '--format', 'jsonl'],
      misc('phone2spk.flac'),
    ]);
    const id = /session (\w+)/.exec(err)?.[1] ?? '';
    const kept = await run(['sessions', 'export', id, '--format', 'jsonl']);
    const shape = (text: string) =>
      segments(text).map(({ start, end, speaker, text: words }) => [start, end, speaker, words]);
    deepEqual(shape(out), shape(kept.out));
    ok(new Set(segments(out).map(({ speaker }) => speaker)).size === 2, out);
  });

  it('a full disk is an error', async function () {
    if (!existsSync('/dev/full')) skip(this, '/dev/full is not there');
    const due = reported('19-full-disk-silent/due.txt');
    const { code, err } = await run(['analyze', due], { out: openSync('/dev/full', 'w') });
    deepEqual([code, err.trim().split('\n').length], [1, 1], err);
  });

  for (const file of ['20-nothing-heard-silent/inverted.flac', '21-surround-quiet/centre51.flac'])
    it(`the channels of ${path.basename(file)} do not cancel`, async () => {
      const { code, out } = await run(['transcribe', reported(file)]);
      equal(code, 0);
      match(out, /fellow.americans?/i);
    });

  it('a recording without speech says so', async () => {
    const { code, out, err } = await run(['transcribe', misc('noise1.flac')]);
    deepEqual([code, out.trim()], [0, '']);
    match(err, /No speech was recognised in noise1\.flac/);
  });

  it('a WAV file of unknown length is whole', async () => {
    const known = await run(['transcribe', reported('22-stream-wav-length/arecord.wav')]);
    equal(known.err, '');
    const bytes = readFileSync(jfk);
    const data = bytes.indexOf('data') + 4;
    for (const length of [0x7fff_ffff, 0x8000_0000, 0x7fff_f000, 0xffff_ffff, 0]) {
      bytes.writeUInt32LE(length, data);
      const file = path.join(folder, `length-${length.toString(16)}.wav`);
      writeFileSync(file, bytes);
      const { out, err } = await run(['transcribe', file]);
      deepEqual([COUNTRY.test(out), err], [true, ''], length.toString(16));
    }
  });

  it('a named pipe is refused at once', async function () {
    const pipe = path.join(folder, 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) skip(this, 'there are no named pipes');
    const { code, err } = await run(['transcribe', pipe], { killAfterMs: 20_000 });
    equal(code, 1);
    match(err, /pipe is not a file on disk/);
  });

  it('a line break in a name gives one heading', async () => {
    const file = path.join(folder, 'new\nline.wav');
    copyFileSync(jfk, file);
    const { out } = await run(['transcribe', '--format', 'md', file]);
    equal(out.split('\n', 2)[0], '# new line.wav');
  });

  it('a very quiet recording is raised and said so', async () => {
    for (const command of ['transcribe', 'dictate']) {
      const quiet = reported('26-quiet-or-downmix-dead/quiet40.flac');
      const { out, err } = await run([command, quiet]);
      match(out, /fellow.americans?/i);
      match(err, /quiet40\.flac is quiet; it was raised by \d+ dB/);
    }
  });

  it('subtitles are short and their numbers go on', async () => {
    const { out } = await run(['transcribe', '--format', 'srt', misc('two_cities.flac'), jfk]);
    const cues = out.trim().split('\n\n');
    deepEqual(
      cues.map((cue) => cue.split('\n')[0]),
      cues.map((_, i) => String(i + 1)),
    );
    for (const cue of cues) {
      const [, times = '', ...lines] = cue.split('\n');
      const [from = 0, to = 0] = times.split(' --> ').map((time) => {
        const [hours = 0, minutes = 0, seconds = 0] = time.replace(',', '.').split(':').map(Number);
        return hours * 3600 + minutes * 60 + seconds;
      });
      ok(lines.length <= 2 && lines.every((line) => line.length <= 42) && to - from <= 7, cue);
    }
  });

  it('a file is no state folder', async () => {
    const file = path.join(folder, 'home-is-a-file');
    writeFileSync(file, '');
    const transcribed = await run(['transcribe', jfk], { home: file });
    ok(transcribed.code !== 0, 'it fails');
    match(transcribed.err, /home-is-a-file is a file, not a folder; set EARMARK_HOME to a folder/);
    const doctor = await run(['doctor'], { home: file });
    match(`${doctor.out}${doctor.err}`, /is a file, not a folder/);
    ok(!new RegExp(`✓[^\\n]*${file}`).test(doctor.out), doctor.out);
  });

  it('every word lies within its segment', async () => {
    for (const file of ['phone2spk.flac', 'stereo_diarization.wav', 'two_cities.flac'])
      for (const flags of [['--diarize'], []]) {
        const { out } = await run(['transcribe', ...flags, '--format', 'json', misc(file)]);
        const { segments: all } = JSON.parse(out) as { segments: readonly Segment[] };
        const words = all.flatMap(({ start, end, words: own = [] }) =>
          own.map((word) => [word.start >= start, word.start <= word.end, word.end <= end]),
        );
        ok(words.length > 5 && words.every((word) => word.every(Boolean)), file);
      }
  });

  for (const name of ['-', '/dev/stdin'])
    it(`a recording comes from standard input as ${name}`, async function () {
      if (name !== '-' && !existsSync(name)) skip(this, `${name} is not there`);
      const { code, out } = await run(['transcribe', name], { input: jfk });
      equal(code, 0);
      match(out, COUNTRY);
    });

  it('a language and a date that do not exist are named', async () => {
    const language = await run(['transcribe', '--language', 'xx', jfk]);
    deepEqual([language.code, /for example en, de/.test(language.err)], [2, true], language.err);
    const date = await run(['sessions', 'search', 'x', '--since', '2026-13-45']);
    deepEqual([date.code, /2026-13-45.*year-month-day/.test(date.err)], [2, true], date.err);
  });

  it('another language in a model of English is said once, and English is not', async function () {
    const made = ['de', 'en-us'].map((voice) => {
      const file = path.join(folder, `${voice}.wav`);
      const text =
        voice === 'de'
          ? 'Guten Morgen zusammen, wir müssen heute über die neue Datenbank sprechen, weil die ' +
            'Abfragen zu langsam sind. Ich habe gestern den Fehler gefunden, der die Anmeldung ' +
            'unterbrochen hat. Die Kunden haben sich beschwert, dass die Seite nicht richtig ' +
            'angezeigt wird. Können wir die Besprechung auf Dienstag verschieben?'
          : 'Good morning everyone, today we need to talk about the new database, because the ' +
            'queries are too slow. Yesterday I found the bug that interrupted the login. The ' +
            'customers complained that the page is not shown correctly. Could we move the ' +
            'meeting to next Tuesday?';
      return spawnSync('espeak-ng', ['-v', voice, '-s', '150', '-w', file, text]).status === 0
        ? file
        : undefined;
    });
    const [german, english] = made;
    if (german === undefined || english === undefined) skip(this, 'espeak-ng is not installed');
    const { err } = await run(['transcribe', german]);
    equal(err.match(/This does not sound like English/g)?.length, 1, err);
    match(err, /such as (?:whisper|parakeet)-\S+, and set the spoken language/);
    equal((await run(['transcribe', english])).err, '');
  });
});
