/**
 * The earmark command from end to end, with a scripted engine: what it prints, how it ends, what it
 * leaves.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DaemonFolder, until } from '../../../testing/processes/daemonProcess';
import { cli, startCli } from '../../../testing/processes/runCli';
import { say } from '../../../testing/harness/sessionHarness';

describe('command line', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let work: string;
  before(() => {
    folder = new DaemonFolder();
    work = join(folder.path, 'work');
    mkdirSync(work);
  });
  after(() => folder.remove());

  const run = (...args: string[]) => cli(folder.path, args);
  const file = (name: string, bytes: Buffer): string => {
    const path = join(work, name);
    writeFileSync(path, bytes);
    return path;
  };
  const sessions = async () =>
    JSON.parse((await run('sessions', 'list', '--format', 'json')).out) as {
      id: string;
      title: string;
      state: string;
    }[];

  describe('transcribe', () => {
    it('prints the words of a file as text, and leaves no session', async () => {
      const result = await run('transcribe', file('one.wav', wav([say(11, 12, 13)])));
      deepEqual([result, await sessions()], [{ code: 0, out: 'w11\nw12\nw13\n', err: '' }, []]);
    });

    it('prints JSON lines in the order of the files', async () => {
      const files = [5, 6, 7, 8].map((n) => file(`line-${n}.wav`, wav([say(n)])));
      const { code, out } = await run('transcribe', '--format', 'jsonl', ...files);
      const lines = out
        .trim()
        .split('\n')
        .map((l) => JSON.parse(l) as Record<string, unknown>);
      deepEqual(
        { code, said: lines.map((l) => [l['file'], l['text']]), keys: Object.keys(lines[0]!) },
        {
          code: 0,
          said: files.map((f, i) => [f, `w${i + 5}`]),
          keys: ['file', 'start', 'end', 'source', 'speaker', 'text', 'confidence'],
        },
      );
    });

    it('prints a whole session as JSON, and an array for several files', async () => {
      const one = JSON.parse(
        (await run('transcribe', '--format', 'json', file('a.wav', wav([say(12)])))).out,
      ) as Record<string, unknown>;
      const two = JSON.parse(
        (
          await run(
            'transcribe',
            '--format',
            'json',
            file('b.wav', wav([say(12)])),
            file('c.wav', wav([say(12)])),
          )
        ).out,
      ) as unknown[];
      deepEqual(
        [Object.keys(one), two.length],
        [
          [
            'file',
            'segments',
            'speakers',
            'actions',
            'decisions',
            'risks',
            'questions',
            'summary',
            'stats',
          ],
          2,
        ],
      );
      const segment = (one['segments'] as Record<string, unknown>[])[0]!;
      deepEqual(
        [segment['id'], typeof segment['start'], segment['text'], segment['source']],
        ['s1', 'number', 'w12', 'file'],
      );
    });

    async function checkFormat(format: string, expected: RegExp): Promise<void> {
      const { code, out } = await run(
        'transcribe',
        '--format',
        format,
        file(`${format}.wav`, wav([say(14)])),
      );
      equal(code, 0);
      match(out, expected);
    }
    it('prints SRT', () => checkFormat('srt', /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n.*w14\n/));
    it('prints WebVTT', () => checkFormat('vtt', /^WEBVTT\n\n00:00:00\.\d{3} --> /));
    it('prints Markdown', () =>
      checkFormat('md', /^# md\.wav\n[^]*## Transcript\n\n\*\*Speaker\*\* \[00:00:00\] w14\n/));
    it('prints RTTM with the base name', () =>
      checkFormat('rttm', /^SPEAKER rttm 1 0\.\d{3} \d\.\d{3} <NA> <NA> Speaker <NA> <NA>\n$/));

    it('takes left for the microphone and right for the others', async () => {
      const stereo = file('stereo.wav', wav([say(13, 0), say(0, 14)]));
      const { out } = await run('transcribe', '--split-channels', '--format', 'jsonl', stereo);
      const said = out
        .trim()
        .split('\n')
        .map((l) => JSON.parse(l) as Record<string, unknown>)
        .map((l) => [l['source'], l['speaker'], l['text']]);
      deepEqual(said.sort(), [
        ['mic', 'You', 'w13'],
        ['system', 'Others', 'w14'],
      ]);
    });

    it('keeps the session when asked, which show, export and delete find again', async () => {
      const { err } = await run('transcribe', '--keep', file('kept.wav', wav([say(9, 8)])));
      match(err, /^earmark: Saved as session \w+\.\n$/);
      const [kept] = await sessions();
      equal(kept?.title, 'kept.wav');
      const id = kept!.id;
      const shown = JSON.parse((await run('sessions', 'show', id, '--format', 'json')).out) as {
        segments: { text: string }[];
      };
      deepEqual(
        shown.segments.map((s) => s.text),
        ['w9', 'w8'],
      );
      const target = join(work, 'kept.srt');
      const exported = await run(
        'sessions',
        'export',
        id.slice(0, 6),
        '--format',
        'srt',
        '--output',
        target,
      );
      deepEqual([exported.code, /w9/.test(readFileSync(target, 'utf8'))], [0, true]);
      match((await run('sessions', 'list')).out, /kept\.wav/);
      deepEqual([(await run('sessions', 'delete', id)).code, await sessions()], [0, []]);
      match((await run('sessions', 'show', id)).err, /^earmark: .+\.\n$/);
    });

    it('plays a file at its own speed', async () => {
      const pcm = say(11, 12);
      const begun = Date.now();
      const { out } = await run('transcribe', '--realtime', file('slow.wav', wav([pcm])));
      equal(out, 'w11\nw12\n');
      ok(Date.now() - begun >= (pcm.length / 16_000) * 1000);
    });

    async function checkBad(
      name: string,
      bytes: Buffer,
      sentence: RegExp,
      args: string[] = [],
    ): Promise<void> {
      const good = file('good.wav', wav([say(12)]));
      const { code, out, err } = await run('transcribe', ...args, file(name, bytes), good);
      deepEqual({ code, out: out.trim() }, { code: 1, out: 'w12' });
      match(err, sentence);
      equal(err.trim().split('\n').length, 1, err);
    }
    it('says what is wrong with a file that is no audio, and does the others', () =>
      checkBad(
        'text.wav',
        Buffer.from('Dear diary, this is no sound at all.'.repeat(20)),
        /^earmark: text\.wav .*\.\n$/,
      ));
    it('says that a file is empty', () =>
      checkBad('empty.wav', Buffer.alloc(0), /empty\.wav is empty/));
    it('says that a header has 0 Hz', () => checkBad('zero.wav', wav([say(11)], 0), /zero\.wav/));
    it('says that a header has 400 kHz', () =>
      checkBad('fast.wav', wav([say(11)], 400_000), /fast\.wav/));

    it('mixes eight channels', async () => {
      const { code, out } = await run(
        'transcribe',
        file('eight.wav', wav(Array.from({ length: 8 }, () => say(5)))),
      );
      deepEqual({ code, out }, { code: 0, out: 'w5\n' });
    });

    it('takes what is there of a file that is cut, and says so', async () => {
      const whole = wav([say(11, 12, 13, 14)]);
      const { code, out, err } = await run(
        'transcribe',
        file('cut.wav', whole.subarray(0, 44 + 2 * say(11, 12).length + 1)),
      );
      deepEqual({ code, out }, { code: 0, out: 'w11\nw12\n' });
      match(err, /cut\.wav/);
    });

    it('says that a file is not there', async () => {
      const { code, err } = await run('transcribe', join(work, 'nowhere.flac'));
      equal(code, 1);
      match(err, /^earmark: .*nowhere\.flac.*\.\n$/);
    });

    it('refuses a mono file with --split-channels', () => checkBadSplit());
    async function checkBadSplit(): Promise<void> {
      const { code, err } = await run(
        'transcribe',
        '--split-channels',
        file('mono.wav', wav([say(11)])),
      );
      deepEqual(
        [code, err],
        [
          1,
          'earmark: mono.wav has one channel, so Earmark cannot split it into microphone and system. Leave out the channel splitting.\n',
        ],
      );
    }

    it('says so when an engine or a model is not there', async () => {
      const path = file('engine.wav', wav([say(11)]));
      const [engine, model] = [
        await run('transcribe', '--provider', 'oracle', path),
        await run('transcribe', '--model', 'huge', path),
      ];
      deepEqual([engine.code, model.code], [1, 1]);
      match(engine.err, /no speech engine named "oracle"/);
      match(model.err, /no model "huge"/);
    });

    it('survives the daemon: killed in the middle, every word is there once', async () => {
      const words = Array.from({ length: 40 }, (_, i) => i + 1);
      const running = startCli(folder.path, [
        'transcribe',
        '--realtime',
        '--format',
        'jsonl',
        file('long.wav', wav([say(...words.slice(0, 10))])),
      ]);
      await until(() => running.out().split('\n').length > 3, 'some words are out');
      await folder.kill();
      await until(() => running.out().split('\n').length > 6, 'more words are out', 30_000);
      await folder.kill();
      const { code, out } = await running.done;
      const said = out
        .trim()
        .split('\n')
        .map((l) => (JSON.parse(l) as { text: string }).text);
      deepEqual({ code, said }, { code: 0, said: words.slice(0, 10).map((n) => `w${n}`) });
      deepEqual(await sessions(), []);
    });

    it('leaves no session behind when it is interrupted', async () => {
      const running = startCli(folder.path, [
        'transcribe',
        '--realtime',
        '--format',
        'jsonl',
        file('stopped.wav', wav([say(...Array.from({ length: 30 }, () => 3))])),
      ]);
      await until(() => running.out() !== '', 'a word is out');
      running.child.kill('SIGINT');
      const { code, err } = await running.done;
      deepEqual({ code, err, left: await sessions() }, { code: 1, err: '', left: [] });
    });
  });

  describe('record', () => {
    it('shows what is said, stops at Ctrl-C, writes the note and keeps the session', async () => {
      const note = join(work, 'meeting.earmark.md');
      const running = startCli(folder.path, [
        'record',
        '--mic',
        '--system',
        '--title',
        'Stand-up',
        '--notes',
        note,
      ]);
      await until(
        () => /You {2}w7/.test(running.out()) && /Others {2}w9/.test(running.out()),
        'both speak',
      );
      await until(() => existsSync(note), 'the note is written while people speak');
      running.child.kill('SIGINT');
      const { code, err } = await running.done;
      equal(code, 0, err);
      match(err, /Recording microphone and system audio; Ctrl-C stops/);
      match(readFileSync(note, 'utf8'), /# Stand-up[^]*\*\*You\*\* \[00:00:0\d\] w7/);
      const [kept] = await sessions();
      deepEqual([kept?.title, kept?.state], ['Stand-up', 'DONE']);
      await run('sessions', 'delete', kept!.id);
    });

    it('says when the note cannot be written, and keeps the session', async () => {
      const running = startCli(folder.path, [
        'record',
        '--mic',
        '--notes',
        join(work, 'one.wav', 'note.md'),
      ]);
      await until(() => /Could not (write|read)/.test(running.err()), 'it says so');
      running.child.kill('SIGINT');
      const { code } = await running.done;
      equal(code, 1);
      const [kept] = await sessions();
      equal(kept?.state, 'DONE');
      await run('sessions', 'delete', kept!.id);
    });
  });

  describe('analyze', () => {
    const KEYS = ['actions', 'decisions', 'risks', 'questions', 'entities', 'summary'];
    const segments = [
      {
        id: 'a7',
        start: 1,
        end: 4,
        source: 'system',
        speaker: 'Ben',
        text: 'I will fix the token refresh by Friday.',
      },
    ];

    it('finds what plain lines say, and names the line', async () => {
      const { code, out } = await cli(
        folder.path,
        ['analyze', '-'],
        'Ada: Good morning.\n\nBen: I will fix the token refresh by Friday.\n',
      );
      const found = JSON.parse(out) as {
        actions: { owner: string; evidence: { segmentId: string; quote: string }[] }[];
      };
      const [action] = found.actions;
      deepEqual(
        {
          code,
          keys: Object.keys(found),
          actions: found.actions.length,
          owner: action?.owner,
          line: action?.evidence[0]?.segmentId,
        },
        { code: 0, keys: KEYS, actions: 1, owner: 'Ben', line: '3' },
      );
      ok('Ben: I will fix the token refresh by Friday.'.includes(action!.evidence[0]!.quote));
    });
    it('takes segments as JSON, echoes their ids, and prints Markdown', async () => {
      const path = file('talk.json', Buffer.from(JSON.stringify({ segments })));
      const [json, md] = [await run('analyze', path), await run('analyze', path, '--format', 'md')];
      equal(
        (JSON.parse(json.out) as { actions: { evidence: { segmentId: string }[] }[] }).actions[0]
          ?.evidence[0]?.segmentId,
        'a7',
      );
      match(
        md.out,
        /## Action items\n\n- \[ \] .+ — @Ben, by Friday \(\d{4}-\d{2}-\d{2}\) \[00:00:01\]\n/,
      );
    });
    async function checkBadInput(args: string[], input: string, sentence: RegExp): Promise<void> {
      const { code, out, err } = await cli(folder.path, ['analyze', ...args], input);
      deepEqual(
        { code, out, lines: err.trim().split('\n').length },
        { code: 1, out: '', lines: 1 },
      );
      match(err, sentence);
    }
    it('says that there is nothing to analyse', () =>
      checkBadInput(['-'], '\n\n', /^earmark: There is no text to analyse/));
    it('says that JSON is cut off', () =>
      checkBadInput(
        ['-'],
        '{"segments": [{"id": "a"',
        /^earmark: The transcript looks like JSON but cannot be read/,
      ));
    it('says which field is wrong', () =>
      checkBadInput(
        ['-'],
        JSON.stringify({ segments: [{ ...segments[0], text: 5 }] }),
        /check segments\.0\.text/,
      ));
    it('says that a file is not there', () =>
      checkBadInput([join('nowhere', 'talk.txt')], '', /^earmark: Could not read talk\.txt/));
  });

  describe('models, daemon, doctor', () => {
    it('lists models for people and for programs', async () => {
      const [text, json] = [
        await run('models', 'list'),
        await run('models', 'list', '--format', 'json'),
      ];
      match(text.out, /^script {2}asr {2}any language {2}.*installed \(default\)\n$/);
      equal((JSON.parse(json.out) as { id: string }[])[0]?.id, 'script');
    });
    it('downloads, checks and removes', async () => {
      deepEqual(
        (
          await Promise.all([
            run('models', 'pull'),
            run('models', 'verify'),
            run('models', 'remove', 'script'),
          ])
        ).map((r) => [r.code, r.out]),
        [
          [0, 'script: installed (0.0 MB, MIT)\n'],
          [0, 'script: all files are intact\n'],
          [0, ''],
        ],
      );
    });
    it('updates and goes back', async () => {
      const outcomes = await Promise.all([
        run('models', 'update'),
        run('models', 'update', 'script'),
        run('models', 'rollback', 'script'),
      ]);
      deepEqual(
        outcomes.map((r) => [r.code, r.out]),
        [
          [0, 'Every installed model is up to date.\n'],
          [0, 'script: version 1 installed (0.0 MB, MIT)\n'],
          [0, 'script: now using version 1\n'],
        ],
      );
      equal((await run('models', 'rollback')).code, 2);
    });
    it('names a model that it does not know', async () => {
      deepEqual(await run('models', 'pull', 'nothing'), {
        code: 1,
        out: '',
        err: 'earmark: There is no model "nothing"; "earmark models list" shows those there are.\n',
      });
    });
    it('lists no voices where none are kept, and forgets by name or all', async () => {
      const [list, json, all, one, neither] = await Promise.all([
        run('voices', 'list'),
        run('voices', 'list', '--format', 'json'),
        run('voices', 'forget', '--all'),
        run('voices', 'forget', 'Ben'),
        run('voices', 'forget'),
      ]);
      deepEqual(
        [list.out, json.out, all.out, one.code, one.err, neither.code],
        [
          'No voices are stored.\n',
          '[]\n',
          'Forgot 0 voices.\n',
          1,
          'earmark: There is no stored voice of "Ben"; "earmark voices list" shows the voices.\n',
          2,
        ],
      );
    });
    it('tells what works', async () => {
      const { code, out } = await run('doctor', '--calibrate');
      equal(code, 0);
      match(
        out,
        /✓ Daemon[^]*! Speed[^]*✓ Tier[^]*✓ Model {10}script[^]*✓ Microphone {5}Tone \(sox\)/,
      );
    });
    it('starts, shows and ends the daemon', async () => {
      const status = await run('daemon', 'status');
      match(status.out, /^daemon {4}0\.1\.0, process \d+/);
      match((await run('daemon', 'logs', '--lines', '5')).out, /client\.greeted/);
      const stopped = await run('daemon', 'stop');
      const [again, down, json] = [
        await run('daemon', 'stop'),
        await run('daemon', 'status'),
        await run('daemon', 'status', '--format', 'json'),
      ];
      deepEqual(
        [stopped.out, again.out, down.code, json.out],
        ['The daemon has stopped.\n', 'The daemon is not running.\n', 1, 'null\n'],
      );
      match((await run('daemon', 'start')).out, /^The daemon is running \(process \d+\)\.\n$/);
    });
  });
});

/** A WAV file of 16-bit channels. */
function wav(channels: readonly Int16Array[], rate = 16_000): Buffer {
  const samples = Math.max(...channels.map((c) => c.length));
  const bytes = Buffer.alloc(44 + samples * channels.length * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * channels.length * 2, 28);
  bytes.writeUInt16LE(channels.length * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples * channels.length * 2, 40);
  for (let i = 0; i < samples; i++)
    channels.forEach((c, k) => bytes.writeInt16LE(c[i] ?? 0, 44 + (i * channels.length + k) * 2));
  return bytes;
}
