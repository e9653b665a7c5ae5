/**
 * Recording abilities of this machine: asks every recorder of the platform and picks one for each
 * source.
 */
import type {
  CaptureSource,
  RecorderState,
  RecordingAbilities,
  RecordingDevice,
} from '../../audio/devices';
import { probeArecord, probeParec, probePwRecord, probeSox } from './probeLinux';
import { probeAudiotee, probeFfmpegMac } from './probeMac';
import { probeFfmpegWindows } from './probeWindows';
import type { Probe, ProbeContext } from './probeAnswer';

/**
 * In order of preference. Linux: the sound server's recorders share the device with other programs
 * and know the monitors. ALSA may find the device busy. sox has the largest buffer and no device
 * list. macOS: only audiotee records system audio; ffmpeg can name microphones, sox cannot.
 * Windows: ffmpeg, then sox for the default microphone.
 */
const RECORDERS: Readonly<
  Partial<Record<NodeJS.Platform, readonly ((context: ProbeContext) => Promise<Probe>)[]>>
> = {
  linux: [probeParec, probePwRecord, probeArecord, probeSox],
  darwin: [probeAudiotee, probeFfmpegMac, probeSox],
  win32: [probeFfmpegWindows, probeSox],
};

export async function probeRecorders(context: ProbeContext): Promise<readonly Probe[]> {
  return withoutRoundabouts(
    await Promise.all((RECORDERS[context.platform] ?? []).map((probe) => probe(context))),
  );
}

/** Microphones of arecord and sox that follow the default source of the sound server. */
const BY_SERVER = /^(default|pulseaudio:default|alsa:default)$/;

/**
 * If a sound server has no microphone, its default source is the monitor of the speakers. A
 * recorder of "the default" would then record other speakers as the user. This removes such
 * devices; real ALSA cards stay.
 */
export function withoutRoundabouts(probes: readonly Probe[]): readonly Probe[] {
  const servers = probes.filter(
    (probe) =>
      (probe.name === 'parec' || probe.name === 'pw-record') && probe.program !== undefined,
  );
  if (servers.length === 0 || servers.some((probe) => devicesOf(probe, 'mic').length > 0))
    return probes;
  return probes.map((probe) =>
    probe.microphones
      ? { ...probe, microphones: probe.microphones.filter(({ id }) => !BY_SERVER.test(id)) }
      : probe,
  );
}

/** Returns the first recorder that has a device for the source. */
export function recorderFor(source: CaptureSource, probes: readonly Probe[]): Probe | undefined {
  return probes.find((probe) => probe.program !== undefined && devicesOf(probe, source).length > 0);
}

export function devicesOf(
  probe: Probe | undefined,
  source: CaptureSource,
): readonly RecordingDevice[] {
  return (source === 'mic' ? probe?.microphones : probe?.systems) ?? [];
}

/** Result for the user: only devices of the chosen recorder, so that no device appears twice. */
export function summarize(probes: readonly Probe[], platform: NodeJS.Platform): RecordingAbilities {
  const recorders = probes.map(({ name, sources, program, reason }): RecorderState => ({
    name,
    available: program !== undefined,
    sources,
    ...(reason === undefined ? {} : { reason }),
  }));
  const sources: readonly CaptureSource[] = ['mic', 'system'];
  return {
    microphones: devicesOf(recorderFor('mic', probes), 'mic'),
    systems: devicesOf(recorderFor('system', probes), 'system'),
    recorders,
    advice: sources
      .filter((source) => recorderFor(source, probes) === undefined)
      .map((source) => adviceFor(source, probes, platform)),
  };
}

/**
 * One sentence: the reason why the source cannot be recorded, and the program or permission that is
 * missing.
 */
export function adviceFor(
  source: CaptureSource,
  probes: readonly Probe[],
  platform: NodeJS.Platform,
): string {
  const what = source === 'mic' ? 'The microphone' : 'System audio';
  const able = probes.filter((probe) => probe.sources.includes(source));
  if (able.length === 0) {
    if (platform === 'win32' && source === 'system')
      return `${what} cannot be recorded on this machine: ${WINDOWS_LOOPBACK}.`;
    return `${what} cannot be recorded on ${platform}: Earmark has no recorder for it.`;
  }
  if (able.some((probe) => probe.program !== undefined)) {
    return source === 'mic'
      ? `${what} cannot be recorded: Earmark finds no microphone. Connect one, or ` +
          "allow access in the system's privacy settings."
      : `${what} cannot be recorded: ${
          platform === 'win32'
            ? WINDOWS_LOOPBACK
            : 'the sound server has no output device; connect one'
        }.`;
  }
  return `${what} cannot be recorded: ${able[0]!.reason ?? 'no recorder is installed'}.`;
}

/**
 * ffmpeg does not support WASAPI loopback, which Windows uses for system audio. It records an input
 * device that repeats the output.
 */
const WINDOWS_LOOPBACK =
  'turn on "Stereo Mix" in the sound settings under recording devices, or install a ' +
  'virtual cable such as VB-CABLE and play through it';
