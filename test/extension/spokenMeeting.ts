// A spoken meeting for tests: its two channels as audio, and who says what and when. Taken from the
// recordings beside the repository, else from the one that the repository ships, whose words stand
// in demo/README.md without times.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readChannel } from '../../testing/processes/audioDevices';
import { root } from './rig';

const Turn = z.object({
  source: z.enum(['mic', 'system']),
  text: z.string(),
  start: z.number().optional(),
  end: z.number().optional(),
});
/** Seconds from the start of the recording, where they are known. */
export type Turn = z.infer<typeof Turn>;

export interface SpokenMeeting {
  readonly name: string;
  readonly turns: readonly Turn[];
  /** Signed 16-bit little-endian mono PCM at 16 kHz. */
  readonly audio: Readonly<Record<'mic' | 'system', Buffer>>;
  readonly durationMs: number;
}

const bytesPerMs = 32;

/**
 * The first part of a meeting, cut in the pause after a turn; the one in the repository where there
 * is no other.
 * @param atLeastMs the cut comes with the first turn that ends after this
 */
export async function spokenMeeting(slug: string, atLeastMs: number): Promise<SpokenMeeting> {
  const file = join(root, '../shared/data/meetings', `${slug}.flac`);
  if (!existsSync(file)) return shippedMeeting();
  const all = z
    .object({ turns: z.array(Turn.required()) })
    .parse(JSON.parse(readFileSync(file.replace(/flac$/, 'json'), 'utf8'))).turns;
  const last = all.findIndex(
    (turn, i) => turn.end * 1000 > atLeastMs && (all[i + 1]?.start ?? Infinity) > turn.end,
  );
  const turns = all.slice(0, last + 1);
  const end = turns.at(-1)?.end ?? 0;
  const durationMs = Math.round(1000 * (end + (all[last + 1]?.start ?? end + 0.4))) / 2;
  return { name: slug, turns, audio: await channels(file, durationMs), durationMs };
}

/** The recording in the repository, whole. */
export async function shippedMeeting(): Promise<SpokenMeeting> {
  const rows = readFileSync(join(root, 'demo/README.md'), 'utf8').matchAll(
    /^\| \w+ \| (left|right) \| (.+) \|$/gm,
  );
  const turns = [...rows].map(([, channel, text = '']): Turn => ({
    source: channel === 'left' ? 'mic' : 'system',
    text,
  }));
  const audio = await channels(join(root, 'demo/standup.flac'), Infinity);
  return { name: 'demo/standup.flac', turns, audio, durationMs: audio.mic.length / bytesPerMs };
}

async function channels(file: string, durationMs: number): Promise<SpokenMeeting['audio']> {
  const cut = (audio: Buffer): Buffer =>
    audio.subarray(0, Math.min(audio.length, 2 * Math.round((durationMs * bytesPerMs) / 2)));
  const [mic, system] = await Promise.all([readChannel(file, 'left'), readChannel(file, 'right')]);
  return { mic: cut(mic), system: cut(system) };
}
