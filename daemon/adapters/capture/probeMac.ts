/**
 * Probes of macOS: audiotee for system audio, ffmpeg for microphones. Based on their documentation;
 * not tested on a Mac.
 */
import { accessSync, constants } from 'node:fs';
import type { RecordingDevice } from '../../audio/devices';
import { defaultFirst, type Probe, type ProbeContext } from './probeAnswer';
import { ask, findProgram } from './programs';

/** Core Audio taps exist since macOS 14.2, which is Darwin 23.2. */
const TAP_DARWIN = [23, 2] as const;

export async function probeAudiotee({ audiotee, release }: ProbeContext): Promise<Probe> {
  const base = { name: 'audiotee', sources: ['system'] } as const;
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (major < TAP_DARWIN[0] || (major === TAP_DARWIN[0] && minor < TAP_DARWIN[1]))
    return { ...base, reason: 'recording what the computer plays takes macOS 14.2 or newer' };
  if (audiotee === undefined || !executable(audiotee))
    return { ...base, reason: 'install the npm package audiotee beside Earmark' };
  return {
    ...base,
    program: audiotee,
    systems: [
      {
        id: 'default',
        name: 'Everything the computer plays',
        isDefault: true,
        recorder: 'audiotee',
      },
    ],
  };
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function probeFfmpegMac({ env, platform }: ProbeContext): Promise<Probe> {
  // A virtual cable that carries the user's output records system audio too.
  const base = { name: 'ffmpeg', sources: ['mic', 'system'] } as const;
  const program = findProgram('ffmpeg', env, platform);
  if (!program)
    return { ...base, reason: 'install ffmpeg, with Homebrew by "brew install ffmpeg"' };
  const { stderr } = await ask(
    program,
    ['-hide_banner', '-f', 'avfoundation', '-list_devices', 'true', '-i', ''],
    env,
    10_000,
  );
  return { ...base, program, ...parseAvfoundation(stderr) };
}

const CABLE = /blackhole|soundflower|loopback audio|vb-cable/i;

/**
 * Parses lines `[AVFoundation indev @ 0x…] [0] Name` after the audio heading. AVFoundation lists no
 * default, so `default` is added first.
 */
export function parseAvfoundation(said: string): {
  microphones: readonly RecordingDevice[];
  systems: readonly RecordingDevice[];
} {
  const audio = said.split(/AVFoundation audio devices:/)[1] ?? '';
  const devices = [...audio.matchAll(/\] \[\d+\] (.+)$/gm)].map(([, name]): RecordingDevice => ({
    id: name!.trim(),
    name: name!.trim(),
    isDefault: false,
    recorder: 'ffmpeg',
  }));
  const real = devices.filter((d) => !CABLE.test(d.name));
  const standard: RecordingDevice = {
    id: 'default',
    name: 'Default microphone',
    isDefault: true,
    recorder: 'ffmpeg',
  };
  return {
    microphones: real.length > 0 ? defaultFirst([standard, ...real]) : [],
    systems: devices.filter((d) => CABLE.test(d.name)),
  };
}
