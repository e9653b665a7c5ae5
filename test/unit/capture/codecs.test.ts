/** Every built-in decoder against ffmpeg, on files that ffmpeg encoded; and damage at random. */
import { deepEqual, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeBlocks } from '../../../daemon/adapters/capture/audioDecoders';
import type { DecoderName } from '../../../daemon/adapters/capture/audioHeader';
import { skip } from '../../../testing/harness/skip';

const FIXTURES = join(__dirname, '../../fixtures/audio');
/** Lossy decoders may round differently: root mean square of the differences, of full scale. */
const LOSSY_RMS_MAX = 1e-3;

/** Place in ffmpeg's order of a channel in Vorbis's, which Opus shares (RFC 7845, section 5.1.1.2). */
const orderOf = (kind: DecoderName, channels: number, channel: number): number =>
  channels === 6 && kind !== 'flac' ? [0, 2, 1, 4, 5, 3][channel]! : channel;

async function decoded(kind: DecoderName, bytes: Uint8Array, chunkBytes = 4_096) {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const channels: number[][] = [];
  let damaged = false;
  for await (const { channelData } of decodeBlocks(kind, chunks(), () => (damaged = true)))
    channelData.forEach((samples, i) => {
      const channel = (channels[i] ??= []);
      for (const sample of samples) channel.push(sample);
    });
  return { channels, damaged };
}

describe('built-in decoders', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'earmark-codecs-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const ffmpeg = (...args: string[]): Buffer => {
    const { status, stdout, stderr } = spawnSync(
      'ffmpeg',
      ['-hide_banner', '-loglevel', 'error', '-y', ...args],
      { maxBuffer: 1 << 28 },
    );
    if (status !== 0) throw new Error(stderr.toString());
    return stdout;
  };
  /** Two tones and noise, louder on the left; other channels repeat them. */
  const source = (rate: number, channels: number): string[] => [
    '-f',
    'lavfi',
    '-i',
    `aevalsrc=${Array.from({ length: channels }, (_, c) => `0.${4 - (c % 3)}*sin(${440 + 300 * c}*2*PI*t)+0.05*random(${c})`).join('|')}:s=${rate}:d=2`,
  ];

  const check = (
    kind: DecoderName,
    what: string,
    {
      rate,
      channels,
      encode,
      rms,
    }: { rate: number; channels: number; encode: string[]; rms: number },
  ): void => {
    it(`${kind}: ${what} is what ffmpeg decodes`, async function () {
      if (spawnSync('ffmpeg', ['-version']).error) skip(this, 'ffmpeg is not installed');
      const file = join(
        folder,
        `a.${{ wav: 'wav', flac: 'flac', mp3: 'mp3', oga: 'ogg', opus: 'opus' }[kind]}`,
      );
      ffmpeg(...source(rate, channels), ...encode, file);
      // ffmpeg's own decoder of Opus resamples speech in another way than libopus.
      const reference = kind === 'opus' ? ['-c:a', 'libopus'] : [];
      const raw = ffmpeg(...reference, '-i', file, '-f', 'f32le', '-c:a', 'pcm_f32le', '-');
      const expected = new Float32Array(
        raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length),
      );
      const got = await decoded(kind, readFileSync(file));
      const length = got.channels[0]!.length;
      let squares = 0;
      for (let i = 0; i < length; i++)
        for (let c = 0; c < channels; c++)
          squares +=
            (got.channels[c]![i]! - expected[i * channels + orderOf(kind, channels, c)]!) ** 2;
      const difference = Math.sqrt(squares / (length * channels));
      console.log(
        `      ${length} samples, difference ${difference.toExponential(1)}, mark ${rms}`,
      );
      deepEqual(
        [got.channels.length, length * channels, got.damaged],
        [channels, expected.length, false],
      );
      ok(difference <= rms, `${difference}`);
    });
  };

  for (const [bits, format] of [
    [16, 's16'],
    [24, 's32'],
  ] as const)
    for (const level of ['0', '5', '12'])
      check('flac', `${bits} bits, level ${level}`, {
        rate: 44_100,
        channels: 2,
        encode: ['-c:a', 'flac', '-sample_fmt', format, '-compression_level', level],
        rms: 0,
      });
  check('flac', 'mid-side', {
    rate: 48_000,
    channels: 2,
    encode: ['-ch_mode', 'mid_side'],
    rms: 0,
  });
  check('flac', 'left-side', {
    rate: 48_000,
    channels: 2,
    encode: ['-ch_mode', 'left_side'],
    rms: 0,
  });
  check('flac', 'right-side', {
    rate: 8_000,
    channels: 2,
    encode: ['-ch_mode', 'right_side'],
    rms: 0,
  });
  check('flac', 'six channels', { rate: 16_000, channels: 6, encode: ['-c:a', 'flac'], rms: 0 });
  check('flac', 'an odd rate', { rate: 37_800, channels: 1, encode: ['-c:a', 'flac'], rms: 0 });
  for (const [rate, channels, encode] of [
    [44_100, 2, ['-b:a', '128k']],
    [44_100, 2, ['-q:a', '4']],
    [48_000, 1, ['-b:a', '64k']],
    [22_050, 2, ['-b:a', '48k']],
    [8_000, 1, ['-b:a', '16k']],
    [32_000, 2, ['-b:a', '96k', '-joint_stereo', '0']],
  ] as const)
    check('mp3', `${rate} Hz, ${channels} channels, ${encode.join(' ')}`, {
      rate,
      channels,
      encode: [...encode],
      rms: LOSSY_RMS_MAX,
    });
  for (const [rate, channels] of [
    [44_100, 1],
    [16_000, 2],
    [48_000, 6],
  ] as const)
    check('oga', `${rate} Hz, ${channels} channels`, {
      rate,
      channels,
      encode: ['-c:a', 'libvorbis'],
      rms: LOSSY_RMS_MAX,
    });
  for (const [channels, encode] of [
    [1, ['-application', 'voip', '-b:a', '16k']],
    [2, ['-b:a', '96k']],
    [6, ['-b:a', '256k', '-mapping_family', '1']],
  ] as const)
    check('opus', `${channels} channels`, {
      rate: 48_000,
      channels,
      encode: ['-c:a', 'libopus', ...encode],
      rms: LOSSY_RMS_MAX,
    });

  const FILES: readonly [DecoderName, string][] = [
    ['flac', 'stereo44100.flac'],
    ['mp3', 'stereo44100.mp3'],
    ['oga', 'stereo44100.ogg'],
    ['opus', 'stereo48000.opus'],
  ];
  for (const [kind, name] of FILES) {
    it(`${kind} gives the same however its bytes are cut`, async () => {
      const bytes = readFileSync(join(FIXTURES, name));
      const whole = await decoded(kind, bytes, bytes.length);
      for (const size of [97, 1_009, 65_536]) deepEqual(await decoded(kind, bytes, size), whole);
    });

    it(`${kind} survives 40 damaged files, and never returns more than 1 s of extra audio`, async () => {
      const bytes = readFileSync(join(FIXTURES, name));
      const whole = (await decoded(kind, bytes)).channels[0]!.length;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
            minLength: 1,
            maxLength: 20,
          }),
          fc.nat(bytes.length),
          async (changes, length) => {
            const copy = Uint8Array.from(bytes);
            for (const [at, by] of changes) copy[at]! ^= by;
            try {
              const { channels } = await decoded(kind, copy.subarray(0, length));
              ok((channels[0]?.length ?? 0) <= whole + 48_000);
            } catch (error) {
              ok(error instanceof Error, String(error));
            }
          },
        ),
        { numRuns: 40 },
      );
    });
  }
});
