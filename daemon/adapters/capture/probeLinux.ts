/** Probes of parec, pw-record, arecord and (on every platform) sox. */
import type { RecordingDevice } from '../../audio/devices';
import { defaultFirst, type Probe, type ProbeContext } from './probeAnswer';
import { ask, findProgram } from './programs';

export async function probeParec({ env, platform }: ProbeContext): Promise<Probe> {
  const base = { name: 'parec', sources: ['mic', 'system'] } as const;
  const program = findProgram('parec', env, platform);
  const pactl = findProgram('pactl', env, platform);
  if (!program || !pactl)
    return { ...base, reason: 'install the package pulseaudio-utils, which has parec and pactl' };
  const [info, sources] = await Promise.all([
    ask(pactl, ['info'], env),
    ask(pactl, ['list', 'sources'], env),
  ]);
  if (info.code !== 0 || sources.code !== 0) return { ...base, reason: NO_SERVER };
  const { microphones, systems } = parsePactl(info.stdout, sources.stdout);
  return { ...base, program, microphones, systems };
}

const NO_SERVER =
  'no sound server answers; start PulseAudio or PipeWire, or set PULSE_SERVER to a remote server';

/**
 * @param sources output of `pactl list sources` in English, the same since 2009; JSON output exists
 * since 2021
 */
export function parsePactl(
  info: string,
  sources: string,
): { microphones: readonly RecordingDevice[]; systems: readonly RecordingDevice[] } {
  const defaultSource = /^Default Source: (.+)$/m.exec(info)?.[1];
  const defaultSink = /^Default Sink: (.+)$/m.exec(info)?.[1];
  const microphones: RecordingDevice[] = [];
  const systems: RecordingDevice[] = [];
  for (const part of sources.split(/^Source #/m).slice(1)) {
    const id = /^\tName: (.+)$/m.exec(part)?.[1];
    const sink = /^\tMonitor of Sink: (.+)$/m.exec(part)?.[1];
    if (id === undefined) continue;
    const name = /^\tDescription: (.+)$/m.exec(part)?.[1] ?? id;
    if (sink === undefined || sink === 'n/a')
      microphones.push({ id, name, isDefault: id === defaultSource, recorder: 'parec' });
    else
      systems.push({
        id,
        name: name.replace(/^Monitor of /, ''),
        isDefault: sink === defaultSink,
        recorder: 'parec',
      });
  }
  return { microphones: defaultFirst(microphones), systems: defaultFirst(systems) };
}

export async function probePwRecord({ env, platform }: ProbeContext): Promise<Probe> {
  const base = { name: 'pw-record', sources: ['mic', 'system'] } as const;
  const program = findProgram('pw-record', env, platform);
  const dump = findProgram('pw-dump', env, platform);
  if (!program || !dump)
    return {
      ...base,
      reason: 'install pw-record and pw-dump (package pipewire-bin or pipewire-utils)',
    };
  const [answer, help] = await Promise.all([ask(dump, [], env), ask(program, ['--help'], env)]);
  const devices = answer.code === 0 ? parsePwDump(answer.stdout) : undefined;
  if (!devices) return { ...base, reason: 'PipeWire is not running; start it, or use PulseAudio' };
  return { ...base, program, features: /--raw\b/.test(help.stdout) ? ['raw'] : [], ...devices };
}

interface PwObject {
  readonly type?: string;
  readonly info?: { readonly props?: Readonly<Record<string, unknown>> };
  readonly metadata?: readonly {
    readonly key?: string;
    readonly value?: { readonly name?: string };
  }[];
}

/** @returns undefined if the text is not the JSON of pw-dump */
export function parsePwDump(
  json: string,
): { microphones: readonly RecordingDevice[]; systems: readonly RecordingDevice[] } | undefined {
  let objects: unknown;
  try {
    objects = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(objects)) return undefined;
  const defaults = new Map<string, string>();
  for (const { metadata } of objects as PwObject[])
    for (const { key, value } of metadata ?? [])
      if (key && value?.name) defaults.set(key, value.name);
  const nodes = (kind: RegExp, key: string): readonly RecordingDevice[] =>
    defaultFirst(
      (objects as PwObject[]).flatMap(({ type, info }): RecordingDevice[] => {
        const props = info?.props ?? {};
        const id = props['node.name'];
        if (
          type !== 'PipeWire:Interface:Node' ||
          typeof id !== 'string' ||
          !kind.test(String(props['media.class']))
        )
          return [];
        return [
          {
            id,
            name: String(props['node.description'] ?? id),
            isDefault: defaults.get(key) === id,
            recorder: 'pw-record',
          },
        ];
      }),
    );
  return {
    microphones: nodes(/^Audio\/(Source|Duplex)/, 'default.audio.source'),
    systems: nodes(/^Audio\/(Sink|Duplex)/, 'default.audio.sink'),
  };
}

export async function probeArecord({ env, platform }: ProbeContext): Promise<Probe> {
  const base = { name: 'arecord', sources: ['mic'] } as const;
  const program = findProgram('arecord', env, platform);
  if (!program) return { ...base, reason: 'install the package alsa-utils, which has arecord' };
  const [cards, names] = await Promise.all([ask(program, ['-l'], env), ask(program, ['-L'], env)]);
  const microphones = parseArecord(cards.stdout, names.stdout);
  return microphones.length > 0
    ? { ...base, program, microphones }
    : {
        ...base,
        reason: 'ALSA knows no microphone: connect one, and add your user to the group audio',
      };
}

/**
 * @param cards output of `arecord -l`
 * @param names output of `arecord -L`. `plughw` converts the rate; a bare device may not
 */
export function parseArecord(cards: string, names: string): readonly RecordingDevice[] {
  const hardware = [
    ...cards.matchAll(/^card \d+: (\S+) \[([^\]\n]*)\], device (\d+): [^[\n]*\[([^\]\n]*)\]/gm),
  ].map(([, card, cardName, device, deviceName]): RecordingDevice => ({
    id: `plughw:CARD=${card},DEV=${device}`,
    name: `${cardName}: ${deviceName}`,
    isDefault: false,
    recorder: 'arecord',
  }));
  // Without a card, `default` exists only if a plug-in routes it to a sound server.
  const hasDefault = /^default$/m.test(names);
  if (hasDefault)
    return [
      { id: 'default', name: 'Default ALSA device', isDefault: true, recorder: 'arecord' },
      ...hardware,
    ];
  return hardware.map((device, i) => ({ ...device, isDefault: i === 0 }));
}

/** Names of sox's drivers for live audio, best first. */
const SOX_DRIVERS = ['pulseaudio', 'coreaudio', 'waveaudio', 'alsa'] as const;

export async function probeSox({ env, platform }: ProbeContext): Promise<Probe> {
  const base = { name: 'sox', sources: ['mic'] } as const;
  const program = findProgram('sox', env, platform);
  if (!program)
    return {
      ...base,
      reason:
        platform === 'linux' ? 'install the package sox with libsox-fmt-pulse' : 'install sox',
    };
  const { stdout } = await ask(program, ['--help'], env);
  const known = /^AUDIO DEVICE DRIVERS: (.*)$/m.exec(stdout)?.[1]?.split(/\s+/) ?? [];
  const drivers = SOX_DRIVERS.filter((driver) => known.includes(driver));
  if (drivers.length === 0)
    return {
      ...base,
      reason:
        platform === 'linux'
          ? 'install the package libsox-fmt-pulse: this sox cannot record'
          : 'this sox cannot record; install one with a sound driver',
    };
  const microphones = drivers.map((driver, i): RecordingDevice => ({
    id: `${driver}:default`,
    name: `Default microphone (${driver})`,
    isDefault: i === 0,
    recorder: 'sox',
  }));
  return { ...base, program, microphones };
}
