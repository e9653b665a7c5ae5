/** Device lists of the recorders, as their versions write them. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { explainEnd } from '../../../daemon/adapters/capture/complaints';
import { PAREC_CHATTER, saysLost } from '../../../daemon/adapters/capture/movedStream';
import { recorderFor, withoutRoundabouts } from '../../../daemon/adapters/capture/probe';
import type { Probe } from '../../../daemon/adapters/capture/probeAnswer';
import { parseArecord, parsePactl, parsePwDump } from '../../../daemon/adapters/capture/probeLinux';
import { parseAvfoundation } from '../../../daemon/adapters/capture/probeMac';
import { parseDshow } from '../../../daemon/adapters/capture/probeWindows';
import { findProgram } from '../../../daemon/adapters/capture/programs';
import { supervise } from '../../../daemon/adapters/capture/supervise';

const ids = (devices: readonly { id: string; isDefault: boolean }[]): string[] =>
  devices.map((d) => `${d.isDefault ? '*' : ''}${d.id}`);

describe('probe', () => {
  it('reads ffmpeg before version 5 on Windows', () => {
    const said = `[dshow @ 0004] DirectShow video devices (some may be both video and audio devices)
[dshow @ 0004]  "Camera"
[dshow @ 0004]     Alternative name "@device_pnp_x"
[dshow @ 0004] DirectShow audio devices
[dshow @ 0004]  "Microphone (USB)"
[dshow @ 0004]     Alternative name "@device_cm_a"
[dshow @ 0004]  "CABLE Output (VB-Audio Virtual Cable)"
dummy: Immediate exit requested`;
    const { microphones, systems } = parseDshow(said);
    deepEqual(
      [ids(microphones), ids(systems)],
      [['*@device_cm_a'], ['*CABLE Output (VB-Audio Virtual Cable)']],
    );
  });
  it('reads a Windows machine without sound', () =>
    deepEqual(parseDshow('[dshow @ 1] Could not enumerate audio only devices (or none found).'), {
      microphones: [],
      systems: [],
    }));
  it('reads a Mac without a microphone', () =>
    deepEqual(
      parseAvfoundation(
        'AVFoundation video devices:\n[A @ 0] [0] Camera\n[A @ 0] AVFoundation audio devices:\n: Input/output error',
      ),
      { microphones: [], systems: [] },
    ));
  it('takes the first ALSA card where there is no default', () =>
    deepEqual(
      ids(
        parseArecord(
          'card 0: A [One], device 0: x [Analog]\ncard 2: B [Two], device 1: y [USB]\n',
          'null\n',
        ),
      ),
      ['*plughw:CARD=A,DEV=0', 'plughw:CARD=B,DEV=1'],
    ));
  it('knows no ALSA device on a machine without one', () =>
    deepEqual(parseArecord('', 'null\njack\n'), []));
  it('does not take a monitor for a microphone', () => {
    const { microphones, systems } = parsePactl(
      'Default Sink: s\nDefault Source: s.monitor\n',
      'Source #1\n\tName: s.monitor\n\tDescription: Monitor of S\n\tMonitor of Sink: s\n',
    );
    deepEqual([ids(microphones), ids(systems), systems[0]?.name], [[], ['*s.monitor'], 'S']);
  });
  describe('a machine whose sound server', () => {
    const mic = (recorder: 'parec' | 'arecord' | 'sox', ...all: string[]): Probe => ({
      name: recorder,
      sources: ['mic'],
      program: `/bin/${recorder}`,
      microphones: all.map((id) => ({ id, name: id, isDefault: false, recorder })),
    });
    const check = (probes: Probe[], expected: string | undefined): void => {
      const found = recorderFor('mic', withoutRoundabouts(probes));
      equal(found && `${found.name} ${found.microphones?.map((d) => d.id).join()}`, expected);
    };
    const around = [mic('arecord', 'default'), mic('sox', 'pulseaudio:default', 'alsa:default')];
    it('has no microphone has none by a roundabout way, which would be the speakers', () =>
      check([mic('parec'), ...around], undefined));
    it('has no microphone still has the cards that it does not know', () =>
      check(
        [mic('parec'), mic('arecord', 'default', 'plughw:CARD=A,DEV=0'), around[1]!],
        'arecord plughw:CARD=A,DEV=0',
      ));
    it('has a microphone records that', () =>
      check([mic('parec', 'desk'), ...around], 'parec desk'));
    it('does not answer leaves it to ALSA', () =>
      check(
        [{ name: 'parec', sources: ['mic'], reason: 'no server' }, ...around],
        'arecord default',
      ));
  });
  it('takes an answer that is not JSON for a PipeWire that does not run', () =>
    deepEqual([parsePwDump("can't connect"), parsePwDump('{}')], [undefined, undefined]));
  it('finds no program in relative folders', () =>
    equal(findProgram('sh', { PATH: '.::bin' }, 'linux'), undefined));
  it('finds a program on the PATH', () =>
    equal(findProgram('sh', { PATH: '/nowhere:/bin' }, 'linux'), '/bin/sh'));
});

describe('a moved stream', () => {
  const check = (
    line: string,
    source: 'mic' | 'system',
    asked: string | undefined,
    lost: boolean,
  ): void => equal(saysLost('parec', line, source, asked), lost, line);
  it('from one default microphone to the next goes on', () =>
    check('Stream moved to device headset (3, not suspended).', 'mic', undefined, false));
  it('from a microphone to the speakers ends', () =>
    check('Stream moved to device card.monitor (0, not suspended).', 'mic', undefined, true));
  it('from a chosen microphone to another ends', () =>
    check('Stream moved to device headset (3, not suspended).', 'mic', 'usb_mic', true));
  it('from the speakers to other speakers goes on', () =>
    check('Stream moved to device hdmi.monitor (0, not suspended).', 'system', undefined, false));
  it('from the speakers to a microphone ends', () =>
    check('Stream moved to device headset (3, not suspended).', 'system', undefined, true));
  it('other lines mean nothing', () =>
    check('Time: 0.080 sec; Latency: 927 usec.', 'mic', undefined, false));
  it('chatter is no complaint', () =>
    deepEqual(
      [
        'Time: 1.0 sec',
        'Stream error: No such entity',
        'Connection failure: Connection refused',
      ].map((l) => PAREC_CHATTER.test(l)),
      [true, false, false],
    ));
});

describe('the end of a recorder', () => {
  const check = (
    recorder: Parameters<typeof explainEnd>[0]['recorder'],
    said: string,
    code: string,
    message: RegExp,
  ): void => {
    const error = explainEnd({ recorder, source: 'mic', device: 'Desk', code: 1, said });
    equal(error.code, code);
    match(error.message, message);
  };
  it('parec without a server', () =>
    check(
      'parec',
      'Connection failure: Connection refused\n',
      'audio.recorderFailed',
      /“Desk” cannot be recorded because no sound server answers/,
    ));
  it('a taken ALSA device', () =>
    check(
      'arecord',
      'arecord: main:831: audio open error: Device or resource busy',
      'audio.recorderFailed',
      /in use by another program/,
    ));
  it('ALSA without permission', () =>
    check('arecord', 'audio open error: Permission denied', 'audio.recorderFailed', /group audio/));
  it('a refused permission', () =>
    check(
      'ffmpeg',
      'AVCaptureDevice: not authorized to capture audio',
      'audio.recorderFailed',
      /privacy settings/,
    ));
  it('an unknown complaint is quoted', () =>
    check(
      'sox',
      'sox WARN x\nsox FAIL: flux capacitor.\n',
      'audio.recorderFailed',
      /because sox ended with the message: sox FAIL: flux capacitor; start again/,
    ));
  it('silence is told as the exit code', () =>
    check('parec', '', 'audio.recorderFailed', /parec ended with exit code 1; start again/));
});

describe('supervisor', () => {
  it('hands the command to a shell as arguments, never as text', () => {
    const command = supervise(
      { program: '/usr/bin/parec', args: ['--device=a; echo $HOME'], environment: { A: '1' } },
      'linux',
    );
    deepEqual(
      [command.cmd, command.args.slice(2)],
      ['/bin/sh', ['earmark-recorder', '/usr/bin/parec', '--device=a; echo $HOME']],
    );
  });
  it('runs in Node on Windows, also under Electron', () => {
    const command = supervise(
      { program: 'C:\\ffmpeg.exe', args: ['x'], environment: {} },
      'win32',
      'C:\\Code.exe',
    );
    deepEqual(
      [command.cmd, command.args.slice(2), command.spawnOptions.env['ELECTRON_RUN_AS_NODE']],
      ['C:\\Code.exe', ['C:\\ffmpeg.exe', 'x'], '1'],
    );
  });
});
