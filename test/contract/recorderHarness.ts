/**
 * Programs that stand in for recorders: they list devices as the real ones do and "record" a known
 * ramp of samples.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { CaptureSource, RecorderName } from '../../daemon/audio/devices';

/** How the stand-in behaves once it records. */
export type Behaviour = 'records' | 'complains' | 'breaks' | 'mute' | 'stubborn' | 'odd';

/** Samples of the ramp that every stand-in records, over and over. */
export const RAMP = Int16Array.from({ length: 640 }, (_, i) => i - 320);

export interface FakePlatform {
  readonly recorder: RecorderName;
  readonly platform: NodeJS.Platform;
  readonly source: CaptureSource;
  /** Programs and what each answers to its list call; a call with other arguments records. */
  readonly programs: Readonly<
    Record<
      string,
      readonly { readonly when: string; readonly stdout?: string; readonly stderr?: string }[]
    >
  >;
  /** The one that records. */
  readonly program: string;
  /** What it says before it dies. */
  readonly complaint: string;
  /** A device by its id, and what the program must be called with for it and for the default. */
  readonly device: string;
  readonly expectedArgs: readonly string[];
  readonly defaultArgs: readonly string[];
}

/** Writes the programs into `folder`, which is to be the whole PATH. */
export function install(fake: FakePlatform, folder: string, behaviour: Behaviour): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync('/bin/sleep', path.join(folder, 'sleep')); // the supervisor waits with it
  writeFileSync(path.join(folder, 'ramp.raw'), Buffer.from(RAMP.buffer));
  for (const [name, answers] of Object.entries(fake.programs)) {
    const lists = answers.map(({ when, stdout = '', stderr = '' }, i) => {
      writeFileSync(path.join(folder, `${name}.${i}.out`), stdout);
      writeFileSync(path.join(folder, `${name}.${i}.err`), stderr);
      return `case "$*" in ${when}) /bin/cat "$here/${name}.${i}.out"; /bin/cat "$here/${name}.${i}.err" >&2; exit 0;; esac`;
    });
    const file = path.join(folder, fake.platform === 'win32' ? `${name}.exe` : name);
    writeFileSync(
      file,
      `#!/bin/sh\nhere='${folder}'\n${lists.join('\n')}\n${name === fake.program ? recording(fake, behaviour) : 'exit 1'}\n`,
    );
    chmodSync(file, 0o755);
  }
}

function recording(fake: FakePlatform, behaviour: Behaviour): string {
  const note =
    'echo $$ > "$here/pid"; printf "%s\\n" "$@" > "$here/args"; /usr/bin/env > "$here/env"';
  const ramp = '/bin/cat "$here/ramp.raw" || exit 1';
  const complain = `echo '${fake.complaint.replaceAll("'", "'\\''")}' >&2; exit 1`;
  const forever = `while :; do ${ramp}; /bin/sleep 0.02; done`;
  switch (behaviour) {
    case 'records':
      return `${note}; ${forever}`;
    case 'complains':
      return `${note}; ${complain}`;
    case 'breaks':
      return `${note}; ${ramp}; /bin/sleep 0.3; ${complain}`;
    case 'mute':
      return `${note}; while :; do /bin/sleep 0.1; done`;
    case 'stubborn':
      return `trap '' TERM; ${note}; ${ramp}; while :; do /bin/sleep 0.1; done`;
    case 'odd':
      return `${note}; /usr/bin/head -c 101 "$here/ramp.raw"; /bin/sleep 0.1; /usr/bin/tail -c +102 "$here/ramp.raw"; while :; do /bin/sleep 0.1; done`;
  }
}

export const calledWith = (folder: string): string[] =>
  readFileSync(path.join(folder, 'args'), 'utf8').split('\n').slice(0, -1);
export const pidOf = (folder: string): number =>
  Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
export const wasCalled = (folder: string): boolean => existsSync(path.join(folder, 'pid'));

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A killed process whose parent has not looked yet is dead all the same.
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

const LOOK_MS = 10;

/** Counts looks, not time: where this process waits for a core, so do those that it waits for. */
export async function waitFor(what: string, test: () => boolean, limitMs: number): Promise<number> {
  const started = performance.now();
  for (let looks = 0; !test(); looks++) {
    if (looks > limitMs / LOOK_MS) throw new Error(`${what} did not happen within ${limitMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return performance.now() - started;
}

const pactlSources = `Source #0
\tState: IDLE
\tName: usb_mic
\tDescription: USB Microphone
\tMonitor of Sink: n/a
Source #1
\tState: IDLE
\tName: card.monitor
\tDescription: Monitor of Built-in Audio
\tMonitor of Sink: card
Source #2
\tState: IDLE
\tName: head_set
\tDescription: Headset
\tMonitor of Sink: n/a
`;
const pwNode = (id: number, name: string, description: string, kind: string): object => ({
  id,
  type: 'PipeWire:Interface:Node',
  info: { props: { 'node.name': name, 'node.description': description, 'media.class': kind } },
});
const pwDump = JSON.stringify([
  pwNode(30, 'card', 'Built-in Audio', 'Audio/Sink'),
  pwNode(31, 'usb_mic', 'USB Microphone', 'Audio/Source'),
  pwNode(32, 'head_set', 'Headset', 'Audio/Source'),
  pwNode(33, 'firefox', 'Firefox', 'Stream/Output/Audio'),
  {
    id: 34,
    type: 'PipeWire:Interface:Metadata',
    metadata: [
      { subject: 0, key: 'default.audio.source', value: { name: 'head_set' } },
      { subject: 0, key: 'default.audio.sink', value: { name: 'card' } },
    ],
  },
]);
const pulse = {
  parec: [],
  pactl: [
    { when: 'info', stdout: 'Default Sink: card\nDefault Source: head_set\n' },
    { when: '"list sources"', stdout: pactlSources },
  ],
};
const avfoundation = `[AVFoundation indev @ 0x7f8] AVFoundation video devices:
[AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f8] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8] [0] MacBook Pro Microphone
[AVFoundation indev @ 0x7f8] [1] BlackHole 2ch
: Input/output error
`;
const dshow = `[dshow @ 000001] "Integrated Camera" (video)
[dshow @ 000001]   Alternative name "@device_pnp_camera"
[dshow @ 000001] "Microphone (Realtek(R) Audio)" (audio)
[dshow @ 000001]   Alternative name "@device_cm_{33D9}\\wave_{AA}"
[dshow @ 000001] "Stereo Mix (Realtek(R) Audio)" (audio)
[dshow @ 000001]   Alternative name "@device_cm_{33D9}\\wave_{BB}"
dummy: Immediate exit requested
`;

/** Every recorder module on every platform and source it serves. */
export const PLATFORMS: readonly FakePlatform[] = [
  {
    recorder: 'parec',
    platform: 'linux',
    source: 'mic',
    programs: pulse,
    program: 'parec',
    complaint: 'Stream error: No such entity',
    device: 'usb_mic',
    expectedArgs: ['--device=usb_mic', '--rate=16000', '--channels=1', '--format=s16le', '--raw'],
    defaultArgs: ['--raw'],
  },
  {
    recorder: 'parec',
    platform: 'linux',
    source: 'system',
    programs: pulse,
    program: 'parec',
    complaint: 'Stream error: No such entity',
    device: 'card.monitor',
    expectedArgs: ['--device=card.monitor'],
    defaultArgs: ['--device=@DEFAULT_MONITOR@'],
  },
  {
    recorder: 'pw-record',
    platform: 'linux',
    source: 'mic',
    programs: {
      'pw-record': [{ when: '--help', stdout: '  -a, --raw   RAW mode\n' }],
      'pw-dump': [{ when: '""', stdout: pwDump }],
    },
    program: 'pw-record',
    complaint: 'error: no target node available',
    device: 'usb_mic',
    expectedArgs: ['--target=usb_mic', '--raw', '--format=s16', '-'],
    defaultArgs: [
      '--target=head_set',
      '--properties={ channelmix.normalize = true, application.name = Earmark, node.dont-reconnect = true }',
      '-',
    ],
  },
  {
    recorder: 'pw-record',
    platform: 'linux',
    source: 'system',
    programs: {
      'pw-record': [{ when: '--help', stdout: 'Usage\n' }],
      'pw-dump': [{ when: '""', stdout: pwDump }],
    },
    program: 'pw-record',
    complaint: 'error: no target node available',
    device: 'card',
    expectedArgs: [
      '--target=card',
      '--properties={ channelmix.normalize = true, application.name = Earmark, stream.capture.sink = true, node.dont-reconnect = true }',
    ],
    defaultArgs: ['--target=card'],
  },
  {
    recorder: 'arecord',
    platform: 'linux',
    source: 'mic',
    programs: {
      arecord: [
        { when: '-l', stdout: 'card 1: PCH [HDA Intel PCH], device 0: ALC [ALC Analog]\n' },
        { when: '-L', stdout: 'null\ndefault\n' },
      ],
    },
    program: 'arecord',
    complaint: 'arecord: main:831: audio open error: No such file or directory',
    device: 'plughw:CARD=PCH,DEV=0',
    expectedArgs: ['-D', 'plughw:CARD=PCH,DEV=0', 'S16_LE', '16000'],
    defaultArgs: ['default'],
  },
  {
    recorder: 'sox',
    platform: 'linux',
    source: 'mic',
    programs: { sox: [{ when: '--help', stdout: 'AUDIO DEVICE DRIVERS: alsa pulseaudio\n' }] },
    program: 'sox',
    complaint:
      "sox FAIL formats: can't open input  `default': can not open audio device: No such entity",
    device: 'alsa:default',
    expectedArgs: ['alsa', '--buffer', '1280', 'raw'],
    defaultArgs: ['pulseaudio'],
  },
  {
    recorder: 'audiotee',
    platform: 'darwin',
    source: 'system',
    programs: { audiotee: [] },
    program: 'audiotee',
    complaint: '{"message_type":"error","data":{"message":"Permission denied"}}',
    device: 'default',
    expectedArgs: ['--sample-rate', '16000'],
    defaultArgs: ['--sample-rate', '16000'],
  },
  {
    recorder: 'ffmpeg',
    platform: 'darwin',
    source: 'mic',
    programs: { ffmpeg: [{ when: '*-list_devices*', stderr: avfoundation }] },
    program: 'ffmpeg',
    complaint: '[AVFoundation indev @ 0x1] Audio device not found',
    device: 'MacBook Pro Microphone',
    expectedArgs: ['avfoundation', ':MacBook Pro Microphone', 's16le', '16000'],
    defaultArgs: ['avfoundation', ':default'],
  },
  {
    recorder: 'ffmpeg',
    platform: 'darwin',
    source: 'system',
    programs: { ffmpeg: [{ when: '*-list_devices*', stderr: avfoundation }] },
    program: 'ffmpeg',
    complaint: '[AVFoundation indev @ 0x1] Audio device not found',
    device: 'BlackHole 2ch',
    expectedArgs: ['avfoundation', ':BlackHole 2ch'],
    defaultArgs: ['avfoundation', ':BlackHole 2ch'],
  },
  {
    recorder: 'ffmpeg',
    platform: 'win32',
    source: 'mic',
    programs: { ffmpeg: [{ when: '*-list_devices*', stderr: dshow }] },
    program: 'ffmpeg',
    complaint:
      '[dshow @ 01] Could not find audio only device with name [x] among source devices of type audio.',
    device: '@device_cm_{33D9}\\wave_{AA}',
    expectedArgs: ['dshow', 'audio=@device_cm_{33D9}\\wave_{AA}', 's16le'],
    defaultArgs: ['audio=@device_cm_{33D9}\\wave_{AA}'],
  },
  {
    recorder: 'ffmpeg',
    platform: 'win32',
    source: 'system',
    programs: { ffmpeg: [{ when: '*-list_devices*', stderr: dshow }] },
    program: 'ffmpeg',
    complaint:
      '[dshow @ 01] Could not find audio only device with name [x] among source devices of type audio.',
    device: '@device_cm_{33D9}\\wave_{BB}',
    expectedArgs: ['audio=@device_cm_{33D9}\\wave_{BB}'],
    defaultArgs: ['audio=@device_cm_{33D9}\\wave_{BB}'],
  },
  {
    recorder: 'sox',
    platform: 'win32',
    source: 'mic',
    programs: { sox: [{ when: '--help', stdout: 'AUDIO DEVICE DRIVERS: waveaudio\n' }] },
    program: 'sox',
    complaint: "sox FAIL formats: can't open input: No such device",
    device: 'waveaudio:default',
    expectedArgs: ['waveaudio', 'default'],
    defaultArgs: ['waveaudio', 'default'],
  },
];
