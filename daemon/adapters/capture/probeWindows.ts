/** Probe of Windows: ffmpeg over DirectShow. Based on its documentation; not tested on Windows. */
import type { RecordingDevice } from '../../audio/devices';
import type { Probe, ProbeContext } from './probeAnswer';
import { ask, findProgram } from './programs';

export async function probeFfmpegWindows({ env, platform }: ProbeContext): Promise<Probe> {
  const base = { name: 'ffmpeg', sources: ['mic', 'system'] } as const;
  const program = findProgram('ffmpeg', env, platform);
  if (!program)
    return { ...base, reason: 'install ffmpeg, with winget by "winget install Gyan.FFmpeg"' };
  const { stderr } = await ask(
    program,
    ['-hide_banner', '-f', 'dshow', '-list_devices', 'true', '-i', 'dummy'],
    env,
    10_000,
  );
  return { ...base, program, ...parseDshow(stderr) };
}

/**
 * Inputs that repeat the output: the sound card's own, virtual cables, and the DirectShow filter of
 * screen recorders.
 */
const LOOPBACK =
  /stereo\s?mix|stereomix|what u hear|wave out mix|rec\. playback|virtual-audio-capturer|cable output|voicemeeter/i;

/**
 * Parses `"Name" (audio)` and the next line with the alternative name, which is unique among equal
 * names. Before ffmpeg 5 a heading replaces `(audio)`.
 */
export function parseDshow(said: string): {
  microphones: readonly RecordingDevice[];
  systems: readonly RecordingDevice[];
} {
  const devices: { id: string; name: string }[] = [];
  let inAudio = false;
  let last: { id: string; name: string } | undefined;
  for (const line of said.split(/\r?\n/)) {
    const heading = /DirectShow (audio|video) devices/.exec(line)?.[1];
    if (heading !== undefined) inAudio = heading === 'audio';
    const alternative = /Alternative name "(.+)"/.exec(line)?.[1];
    if (alternative !== undefined) {
      if (last) last.id = alternative;
      last = undefined;
      continue;
    }
    const found = /\] {1,2}"(.+)"(?: \((.*)\))?\s*$/.exec(line);
    if (!found) continue;
    const isAudio = found[2] === undefined ? inAudio : found[2].includes('audio');
    last = isAudio ? { id: found[1]!, name: found[1]! } : undefined;
    if (last) devices.push(last);
  }
  const some = (loopback: boolean): readonly RecordingDevice[] =>
    devices
      .filter((d) => LOOPBACK.test(d.name) === loopback)
      .map((d, i): RecordingDevice => ({ ...d, isDefault: i === 0, recorder: 'ffmpeg' }));
  return { microphones: some(false), systems: some(true) };
}
