/** Recordings of every kind become 16 kHz samples; what is not a recording gets one sentence. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeBlocks } from '../../../daemon/adapters/capture/audioDecoders';
import {
  decodeAudioFile,
  type OpenOptions,
  openAudioFile,
} from '../../../daemon/adapters/capture/audioFile';
import { parseFfmpegFacts } from '../../../daemon/adapters/capture/ffmpegFile';
import { EarmarkError, type ErrorCode } from '../../../protocol/errors';
import { amplitudeOf, noise, sine, wav, type WavOptions } from './audioBytes';

const fixtures = path.join(__dirname, '../../fixtures/audio');
const noFfmpeg: OpenOptions = { env: { PATH: '' } };
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;

describe('audio file', function () {
  this.timeout(20_000);
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'earmark-file-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const put = (bytes: Uint8Array, name = 'talk.wav'): string => {
    const file = path.join(dir, name);
    writeFileSync(file, bytes);
    return file;
  };

  /** Length, loudness of both tones in each track, and diagnostics, roughly. */
  const recognised = async (file: string, options: OpenOptions = noFfmpeg) => {
    const { durationMs, tracks, diagnostics } = await decodeAudioFile(file, options);
    // MP3 at a low rate takes 8 % off a pure tone.
    const round = (x: number): number =>
      [0, 1 / 16, 0.25, 0.5].find((level) => Math.abs(x - level) < Math.max(0.005, level * 0.1)) ??
      x;
    return {
      ms: Math.round(durationMs),
      tracks: tracks.map(({ source, pcm }) => [
        source,
        round(amplitudeOf(pcm, 440)),
        round(amplitudeOf(pcm, 1000)),
      ]),
      diagnostics: diagnostics.map((d) => d.code),
    };
  };

  describe('WAV', () => {
    const second = (options: WavOptions): string => {
      const rate = options.sampleRate ?? 16_000;
      const tones = [sine(440, rate), sine(1000, rate)];
      return put(wav(rate, (i, c) => (tones[c] ?? (() => 0))(i), options));
    };
    const check = (
      what: string,
      options: WavOptions,
      expected: (string | number)[][],
      open: OpenOptions = noFfmpeg,
    ): void => {
      it(what, async () =>
        deepEqual(await recognised(second(options), open), {
          ms: 1000,
          tracks: expected,
          diagnostics: [],
        }),
      );
    };
    const mono = [['file', 0.5, 0]];
    const stereo = [['file', 0.25, 0.25]];
    check('of 8 bits', { bits: 8 }, mono);
    check('of 16 bits', { bits: 16 }, mono);
    check('of 24 bits', { bits: 24 }, mono);
    check('of 32 bits', { bits: 32 }, mono);
    check('of 32-bit floats', { bits: 32, float: true }, mono);
    check('of 64-bit floats', { bits: 64, float: true }, mono);
    check('at 8 kHz', { sampleRate: 8_000 }, mono);
    check('at 11.025 kHz', { sampleRate: 11_025 }, mono);
    check('at 48 kHz in stereo, mixed', { sampleRate: 48_000, channels: 2 }, stereo);
    check('at 192 kHz', { sampleRate: 192_000 }, mono);
    check(
      'with an extensible header',
      { extensible: true, channels: 2, bits: 24, sampleRate: 44_100 },
      stereo,
    );
    check('with floats in an extensible header', { extensible: true, bits: 32, float: true }, mono);
    check('with 100 KB of other chunks before the sound', { listBytes: 100_001 }, mono);
    check('of 8 channels, mixed', { channels: 8, extensible: true }, [['file', 1 / 4, 1 / 4]]);
    for (const declaredBytes of [0x7fff_ffff, 0x8000_0000, 0x7fff_f000, 0x7fff_ffdb])
      check(`piped, with a length of ${declaredBytes}`, { declaredBytes }, mono);
    check('whose length the writer did not know', { declaredBytes: 0xffff_ffff }, mono);
    check('whose length says 0', { declaredBytes: 0 }, mono);
    check(
      'split into microphone and system',
      { channels: 2, sampleRate: 44_100 },
      [
        ['mic', 0.5, 0],
        ['system', 0, 0.5],
      ],
      { ...noFfmpeg, splitChannels: true },
    );
    it('of more than two channels splits off the first two and says so', async () =>
      deepEqual(await recognised(second({ channels: 3 }), { ...noFfmpeg, splitChannels: true }), {
        ms: 1000,
        tracks: [
          ['mic', 0.5, 0],
          ['system', 0, 0.5],
        ],
        diagnostics: ['audio.unsupportedFormat'],
      }));

    it('of 16 kHz, 16 bits and one channel comes back bit by bit', async () => {
      const samples = noise(70_001);
      const decoded = await decodeAudioFile(put(wav(samples.length, (i) => samples[i]! / 32_768)));
      deepEqual(decoded.tracks[0]?.pcm, samples);
    });

    it('does not clip two channels at full scale', async () => {
      const { tracks } = await decodeAudioFile(put(wav(1_000, () => 1, { channels: 2 })));
      deepEqual(new Set(tracks[0]?.pcm), new Set([32_767]));
    });

    it('is read in blocks', async () => {
      const audio = await openAudioFile(put(wav(400_000, () => 0.1)), noFfmpeg);
      const sizes: number[] = [];
      for await (const [pcm] of audio.blocks()) sizes.push(pcm!.length);
      deepEqual(
        {
          declared: audio.declaredMs,
          total: sizes.reduce((a, b) => a + b),
          few: sizes.length < 15,
          small: Math.max(...sizes) <= 65_536,
        },
        { declared: 25_000, total: 400_000, few: true, small: true },
      );
    });
  });

  describe('compressed', () => {
    const check = (name: string, ms: number, options: OpenOptions = noFfmpeg): void => {
      it(`${name} is heard as long and as loud as it is`, async () =>
        deepEqual(await recognised(path.join(fixtures, name), options), {
          ms,
          tracks: [['file', 0.25, 0.25]],
          diagnostics: [],
        }));
    };
    check('stereo44100.flac', 1500);
    check('stereo44100.mp3', 1500);
    check('stereo44100.ogg', 1500);
    check('stereo48000.opus', 1500);
    check('mono22050.mp3', 1567);
    for (const name of [
      'stereo44100.flac',
      'stereo44100.mp3',
      'stereo44100.ogg',
      'stereo48000.opus',
    ]) {
      it(`${name} splits into left and right`, async () =>
        deepEqual(
          (await recognised(path.join(fixtures, name), { ...noFfmpeg, splitChannels: true }))
            .tracks,
          [
            ['mic', 0.5, 0],
            ['system', 0, 0.5],
          ],
        ));
    }
    it('FLAC at 16 kHz comes back bit by bit', async () => {
      deepEqual(
        (await decodeAudioFile(path.join(fixtures, 'noise16000.flac'))).tracks[0]?.pcm,
        noise(8_000),
      );
    });
    it('FLAC loses nothing wherever its bytes are cut', async () => {
      const bytes = readFileSync(path.join(fixtures, 'stereo44100.flac'));
      const lengths = new Set<number>();
      for (let size = 700; size < 900; size += 3) {
        let samples = 0;
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
        };
        for await (const block of decodeBlocks('flac', chunks()))
          samples += block.channelData[0]!.length;
        lengths.add(samples);
      }
      deepEqual([...lengths], [66_150]);
    });
    it('anything else goes through ffmpeg where it is there', async function () {
      if (!hasFfmpeg) this.skip();
      const split = await recognised(path.join(fixtures, 'stereo44100.m4a'), {
        splitChannels: true,
      });
      const mixed = await recognised(path.join(fixtures, 'stereo44100.m4a'), {});
      ok(Math.abs(mixed.ms - 1500) < 50 && mixed.ms === split.ms, `${mixed.ms}`);
      deepEqual(
        [mixed.tracks, split.tracks],
        [
          [['file', 0.25, 0.25]],
          [
            ['mic', 0.5, 0],
            ['system', 0, 0.5],
          ],
        ],
      );
    });
  });

  describe('bad input', () => {
    const check = async (
      file: string,
      code: ErrorCode,
      message: RegExp,
      options: OpenOptions = noFfmpeg,
    ): Promise<void> => {
      const error: unknown = await decodeAudioFile(file, options).then(
        () => undefined,
        (e: unknown) => e,
      );
      ok(error instanceof EarmarkError, `${String(error)}`);
      equal(error.code, code);
      match(error.message, message);
      match(error.message, /^[^\n]{10,260}\.$/, 'one sentence');
    };
    const damaged = (name: string, share: number): string => {
      const bytes = readFileSync(path.join(fixtures, name));
      return put(bytes.subarray(0, Math.floor(bytes.length * share)), `cut-${name}`);
    };

    it('not audio', () =>
      check(
        put(Buffer.from('A letter, and not a recording.\n'.repeat(500)), 'letter.txt'),
        'audio.notAudio',
        /letter\.txt is not a recording/,
      ));
    it('not audio, with ffmpeg', async function () {
      if (!hasFfmpeg) this.skip();
      await check(
        put(Buffer.from('A letter, and not a recording.\n'.repeat(500)), 'letter.wav'),
        'audio.notAudio',
        /letter\.wav is not a recording/,
        {},
      );
    });
    it('random bytes', () =>
      check(
        put(Buffer.from(noise(50_000).buffer), 'random.mp3'),
        'audio.notAudio',
        /not a recording/,
        {},
      ));
    it('an empty file', () => check(put(Buffer.alloc(0)), 'audio.empty', /talk\.wav is empty/));
    it('a header without sound', () =>
      check(put(wav(0, () => 0)), 'audio.empty', /contains no audio/));
    it('0 Hz', () =>
      check(
        put(wav(100, () => 0, { sampleRate: 0 })),
        'audio.unsupportedFormat',
        /sample rate of 0 Hz/,
      ));
    it('400 kHz', () =>
      check(
        put(wav(100, () => 0, { sampleRate: 400_000 })),
        'audio.unsupportedFormat',
        /sample rate of 400000 Hz/,
      ));
    it('0 channels', () =>
      check(put(wav(100, () => 0, { channels: 0 })), 'audio.unsupportedFormat', /0 channels/));
    it('9 channels', () =>
      check(put(wav(100, () => 0, { channels: 9 })), 'audio.unsupportedFormat', /9 channels/));
    it('a header that contradicts itself', () => {
      const bytes = wav(100, () => 0);
      bytes.writeUInt16LE(3, 32);
      return check(put(bytes), 'audio.unsupportedFormat', /inconsistent header/);
    });
    it('400 kHz in a FLAC header', () => {
      const bytes = Buffer.from(readFileSync(path.join(fixtures, 'stereo44100.flac')));
      bytes.writeUIntBE((400_000 << 4) | (bytes[20]! & 15), 18, 3);
      return check(put(bytes, 'high.flac'), 'audio.unsupportedFormat', /sample rate of 400000 Hz/);
    });
    it('0 Hz in an Ogg header', () => {
      const bytes = Buffer.from(readFileSync(path.join(fixtures, 'stereo44100.ogg')));
      bytes.writeUInt32LE(0, 40);
      return check(put(bytes, 'zero.ogg'), 'audio.unsupportedFormat', /sample rate of 0 Hz/);
    });
    it('one channel that should be split', () =>
      check(put(wav(100, () => 0)), 'audio.unsupportedFormat', /one channel/, {
        ...noFfmpeg,
        splitChannels: true,
      }));
    it('a kind that takes ffmpeg, without ffmpeg', () =>
      check(
        path.join(fixtures, 'stereo44100.m4a'),
        'audio.unsupportedFormat',
        /MPEG-4.*Install ffmpeg/,
      ));
    it('a folder', () => check(dir, 'audio.unreadable', /is a folder/));
    it('a missing file', () =>
      check(path.join(dir, 'nowhere.wav'), 'audio.unreadable', /nowhere\.wav does not exist/));
    it('a file that may not be read', async function () {
      if (process.platform === 'win32' || process.getuid?.() === 0) {
        // Root reads everything; a folder behind a file gives the same branch without permissions.
        return check(
          path.join(
            put(
              wav(1, () => 0),
              'plain.wav',
            ),
            'inside.wav',
          ),
          'audio.unreadable',
          /does not exist/,
        );
      }
      const file = put(
        wav(1, () => 0),
        'secret.wav',
      );
      chmodSync(file, 0);
      return check(file, 'audio.unreadable', /permissions/);
    });
    it('a device instead of a file', async function () {
      if (process.platform === 'win32') this.skip();
      await check('/dev/null', 'audio.unreadable', /not a file on disk/);
    });
    it('a FLAC file cut right after its header', () =>
      check(
        damaged('stereo44100.flac', 0.01),
        'audio.truncated',
        /cut off or damaged at the start of its audio/,
      ));
    it('stops when told to', async () => {
      const stop = new AbortController();
      const audio = await openAudioFile(put(wav(400_000, () => 0)), {
        ...noFfmpeg,
        signal: stop.signal,
      });
      await rejects(
        async () => {
          for await (const _ of audio.blocks()) stop.abort();
        },
        { name: 'AbortError' },
      );
    });

    for (const name of [
      'stereo44100.flac',
      'stereo44100.mp3',
      'stereo44100.ogg',
      'stereo48000.opus',
    ]) {
      it(`${name} cut in the middle gives its first half and says so`, async () => {
        const { durationMs, diagnostics } = await decodeAudioFile(damaged(name, 0.5), noFfmpeg);
        ok(durationMs > 150 && durationMs < 1_200, `${durationMs} ms`);
        deepEqual(
          diagnostics.map((d) => d.code),
          ['audio.truncated'],
        );
        match(diagnostics[0]!.message, /could read only 00:00:0[01]/);
      });
    }
    it('a WAV file cut in the middle gives what is there, to the sample', async () => {
      const samples = noise(20_000);
      const bytes = wav(samples.length, (i) => samples[i]! / 32_768).subarray(0, 44 + 20_001);
      const { tracks, diagnostics } = await decodeAudioFile(put(bytes));
      deepEqual(tracks[0]!.pcm, samples.slice(0, 10_000));
      deepEqual(diagnostics, [
        {
          code: 'audio.truncated',
          message: 'talk.wav is damaged or cut off: Earmark could read only 00:00:01 of 00:00:01.',
        },
      ]);
    });
    it('noise in the middle of an MP3 does not end it', async () => {
      const bytes = Buffer.from(readFileSync(path.join(fixtures, 'stereo44100.mp3')));
      Buffer.from(noise(1_000).buffer).copy(bytes, 5_000);
      const { durationMs, diagnostics } = await decodeAudioFile(
        put(bytes, 'scratched.mp3'),
        noFfmpeg,
      );
      ok(durationMs > 1_000 && durationMs < 1_700, `${durationMs} ms`);
      deepEqual(
        diagnostics.map((d) => d.code),
        ['audio.truncated'],
      );
    });
  });

  it('understands what ffmpeg says of a file', () => {
    const said =
      "Input #0, mov, from 'file:a.m4a':\n  Duration: 01:02:03.45, start: 0.0\n  Stream #0:1[0x2](eng): Audio: aac (LC), 44100 Hz, 5.1(side), fltp\n";
    deepEqual(parseFfmpegFacts(said), {
      sampleRate: 44_100,
      channels: 6,
      durationMs: 3_723_450,
    });
    equal(
      parseFfmpegFacts(
        '[mp3 @ 0x1] Format mp3 detected only with low score of 1, misdetection possible!\n Stream #0:0: Audio: mp3, 32000 Hz, mono',
      ),
      undefined,
    );
    equal(parseFfmpegFacts('a.txt: Invalid data found when processing input'), undefined);
  });

  it('keeps a folder named like a recording apart', async () => {
    const folder = path.join(dir, 'folder.wav');
    mkdirSync(folder);
    await rejects(openAudioFile(folder), { code: 'audio.unreadable' });
  });
});
