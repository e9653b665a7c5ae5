/**
 * Recordings of other kinds, through an ffmpeg of this machine: their streams, and their samples at
 * 16 kHz.
 */
import { spawn } from 'node:child_process';
import { SAMPLE_RATE } from '../../audio/frame';
import { childEnvironment } from '../../base/childEnvironment';
import { ask, type Env } from './programs';

export interface FfmpegFacts {
  readonly sampleRate: number;
  readonly channels: number;
  readonly durationMs: number | undefined;
}

/** Only this file: a playlist must not make ffmpeg open addresses or other files. */
const fileOnly = (file: string): string[] => ['-protocol_whitelist', 'file', '-i', `file:${file}`];

const CHANNELS: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  '2.1': 3,
  '3.0': 3,
  quad: 4,
  '4.0': 4,
  '5.0': 5,
  '5.0(side)': 5,
  '5.1': 6,
  '5.1(side)': 6,
  '6.1': 7,
  '7.1': 8,
};

/** @returns undefined if ffmpeg finds no audio or is unsure about the format */
export async function askFfmpeg(
  ffmpeg: string,
  file: string,
  env: Env,
): Promise<FfmpegFacts | undefined> {
  const { stderr } = await ask(
    ffmpeg,
    ['-hide_banner', '-nostdin', ...fileOnly(file)],
    env,
    20_000,
  );
  return parseFfmpegFacts(stderr);
}

export function parseFfmpegFacts(said: string): FfmpegFacts | undefined {
  if (/misdetection possible/.test(said)) return undefined;
  const [, facts] =
    said
      .split('\n')
      .map((line) => line.split(': Audio: ', 2))
      .find(([name = '', audio]) => audio !== undefined && /Stream #0:\d/.test(name)) ?? [];
  const stream = /(?<!\d)(\d+) Hz, ([^,\n]+)/.exec(facts ?? '');
  if (!stream) return undefined;
  const layout = stream[2]!.trim();
  const counted = /^(\d+) channels/.exec(layout);
  const duration = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(said);
  return {
    sampleRate: Number(stream[1]),
    channels: CHANNELS[layout] ?? (counted ? Number(counted[1]) : 2),
    durationMs: duration
      ? Math.round(
          (Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3])) * 1000,
        )
      : undefined,
  };
}

export interface FfmpegEnd {
  /** ffmpeg's complaint or failure. */
  complaint: string | undefined;
}

/** Interleaved s16le bytes at 16 kHz. `end` is complete after the last byte. */
export async function* decodeWithFfmpeg(
  ffmpeg: string,
  file: string,
  channels: number,
  env: Env,
  end: FfmpegEnd,
): AsyncGenerator<Uint8Array> {
  const args = [
    '-hide_banner',
    '-nostdin',
    '-v',
    'error',
    ...fileOnly(file),
    '-map',
    '0:a:0',
    '-ac',
    String(channels),
    '-ar',
    String(SAMPLE_RATE),
    '-f',
    's16le',
    'pipe:1',
  ];
  const child = spawn(ffmpeg, args, {
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const closed = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const code = await closed;
    if (code !== 0 || said !== '')
      end.complaint = said.trim().split('\n')[0] ?? `ended with ${code}`;
  } finally {
    child.kill('SIGKILL');
  }
}
