/** Programs at the microphone, read from the output of each system; who receives them. */
import { deepEqual, equal } from 'node:assert/strict';
import { parseAssertions, parseProcesses } from '../../../daemon/adapters/capture/microphone/mac';
import { PipewireObjects } from '../../../daemon/adapters/capture/microphone/pipewire';
import { parseSourceOutputs } from '../../../daemon/adapters/capture/microphone/pulse';
import type { ModuleEvents } from '../../../daemon/adapters/capture/microphone/systemModule';
import { createMicrophoneWatcher } from '../../../daemon/adapters/capture/microphone/watcher';
import { parseKeyNames } from '../../../daemon/adapters/capture/microphone/windows';
import { ManualClock } from '../../../daemon/base/clock';
import type { MicrophoneProgram } from '../../../daemon/audio/microphonePrograms';
import { CaptureWatch } from '../../../protocol/capture';
import { RpcHarness } from '../../../testing/harness/rpcHarness';

const output = (
  index: number,
  source: number,
  properties: Record<string, string>,
  fields: Record<string, string> = {},
): string =>
  [
    `Source Output #${index}`,
    `\tSource: ${source}`,
    `\tCorked: ${fields['Corked'] ?? 'no'}`,
    `\tResample method: ${fields['Resample method'] ?? 'speex-float-1'}`,
    '\tProperties:',
    ...Object.entries(properties).map(([name, value]) => `\t\t${name} = "${value}"`),
    '',
  ].join('\n');

const zoom = {
  'application.name': 'ZOOM VoiceEngine',
  'application.process.binary': 'zoom',
  'application.process.id': '42',
};

describe('streams of PulseAudio', () => {
  const sources = '0\tspeakers.monitor\tm\ts16le\tRUNNING\n1\tmic\tm\ts16le\tRUNNING\n';
  const check = (text: string, expected: readonly string[]) =>
    deepEqual(
      parseSourceOutputs(text, sources).map(({ id, name, pid }) => `${id} ${name} ${pid}`),
      expected,
    );
  it('a program at a microphone counts', () =>
    check(output(0, 1, zoom), ['zoom ZOOM VoiceEngine 42']));
  it('a recording of the speakers does not count', () => check(output(0, 0, zoom), []));
  it('a paused stream does not count', () => check(output(0, 1, zoom, { Corked: 'yes' }), []));
  it('a level meter does not count', () =>
    check(output(0, 1, zoom, { 'Resample method': 'peaks' }), []));
  it('a filter of the server does not count', () =>
    check(output(0, 1, { 'media.name': 'Remapped Stream' }), []));
});

describe('streams of PipeWire', () => {
  const stream = (state: string, more: object = {}) => ({
    id: 7,
    type: 'PipeWire:Interface:Node',
    info: { state, props: { 'media.class': 'Stream/Input/Audio', 'client.id': 3, ...more } },
  });
  const client = { id: 3, info: { props: { ...zoom, 'pipewire.sec.pid': 42 } } };
  it('start, pause and end with the changes that pw-dump writes', () => {
    const objects = new PipewireObjects();
    const after = (...changed: object[]) => [
      objects.take(JSON.stringify(changed)),
      objects.streams().map(({ id, pid }) => `${id} ${pid}`),
    ];
    deepEqual(
      [
        after(client),
        after({ id: 9, info: { props: { 'media.class': 'Audio/Sink' } } }),
        after(stream('idle')),
        after(stream('running')),
        after(stream('running', { 'stream.capture.sink': true })),
        after(stream('running')),
        after({ id: 7, info: null }),
      ],
      [
        [true, []],
        [false, []],
        [true, []],
        [true, ['zoom 42']],
        [true, []],
        [true, ['zoom 42']],
        [true, []],
      ],
    );
  });
  it('text that is no array changes nothing', () =>
    equal(new PipewireObjects().take('{"id":'), false));
});

describe('programs of macOS and Windows', () => {
  it('macOS: the audio daemon holds an assertion for a program with a microphone', () => {
    const text = [
      'Listed by owning process:',
      '   pid 210(coreaudiod): [0x1] 00:00:09 PreventUserIdleSystemSleep named: "com.apple.audio.mic"',
      '\tCreated for PID: 812.',
      '\tResources: audio-in BuiltInMicrophoneDevice',
      '   pid 210(coreaudiod): [0x2] 00:00:09 PreventUserIdleSystemSleep named: "com.apple.audio.out"',
      '\tCreated for PID: 813.',
      '\tResources: audio-out BuiltInSpeakerDevice',
      '   pid 99(powerd): [0x3] 00:00:09 UserIsActive named: "audio-in"',
    ].join('\n');
    deepEqual(parseAssertions(text), [812]);
    deepEqual(parseProcesses('  812 /Applications/zoom.us.app/Contents/MacOS/zoom.us\n'), [
      { id: 'zoom.us', name: 'zoom.us', pid: 812 },
    ]);
  });
  it("Windows: keys of programs and packages, without Earmark's recorders", () => {
    deepEqual(
      parseKeyNames(
        '["C:#Program Files#Zoom#bin#Zoom.exe","MSTeams_8wekyb3d8bbwe","C:#tools#ffmpeg.exe"]',
      )?.map(({ id }) => id),
      ['Zoom', 'MSTeams'],
    );
    equal(parseKeyNames('ConvertTo-Json : error'), undefined);
  });
});

describe('microphone watcher', () => {
  const rig = (own: number) => {
    const clock = new ManualClock();
    const log: string[] = [];
    let events: ModuleEvents | undefined;
    const watcher = createMicrophoneWatcher({
      clock,
      isOwn: (pid) => pid === own,
      modules: [
        () => Promise.resolve(undefined),
        (_context, given) => {
          log.push('module starts');
          events = given;
          return Promise.resolve({ dispose: () => log.push('module stops') });
        },
      ],
    });
    const settled = () => new Promise((done) => setImmediate(done));
    return { clock, log, watcher, settled, events: () => events! };
  };
  const programs = (log: string[], of: string) => (found: readonly MicrophoneProgram[]) =>
    log.push(`${of} ${found.map(({ id }) => id).join('+')}`);

  it('runs one module for all callers, from the first to the last, and leaves Earmark out', async () => {
    const { log, watcher, settled, events } = rig(5);
    deepEqual(log, []);
    const first = watcher.watch(programs(log, 'a:'));
    await settled();
    events().onStreams([
      { id: 'zoom', name: 'Zoom', pid: 4 },
      { id: 'zoom', name: 'Zoom', pid: 4 },
      { id: 'arecord', name: 'arecord', pid: 5 },
      { id: 'pacat', name: 'Earmark', pid: 6 },
    ]);
    const second = watcher.watch(programs(log, 'b:'));
    first.dispose();
    second.dispose();
    events().onStreams([]);
    deepEqual(log, ['module starts', 'a: zoom', 'b: zoom', 'module stops']);
  });

  it('starts again after the sound server, later each time', async () => {
    const { clock, log, watcher, settled, events } = rig(0);
    watcher.watch(programs(log, 'a:'));
    await settled();
    events().onStreams([{ id: 'zoom', name: 'Zoom' }]);
    const starts = () => log.filter((line) => line === 'module starts').length;
    const after: number[] = [];
    for (const [ends, ms] of [
      [true, 5_000],
      [true, 5_000],
      [false, 5_000],
    ] as const) {
      if (ends) events().onEnd();
      clock.advance(ms);
      await settled();
      after.push(starts());
    }
    deepEqual(
      [log.slice(0, 3), after],
      [
        ['module starts', 'a: zoom', 'a: '],
        [2, 2, 3],
      ],
    );
  });
});

describe('capture/watch', () => {
  it('offers a program to the window that asked last, once, and reports it to all', async () => {
    let report: (programs: readonly MicrophoneProgram[]) => void = () => undefined;
    let watching = 0;
    const h = new RpcHarness({
      microphone: {
        watch(onChange) {
          report = onChange;
          watching++;
          return { dispose: () => void watching-- };
        },
      },
    });
    const [a, b] = [await h.client(), await h.client()];
    for (const one of [a, b]) await one.ask(CaptureWatch, { on: true });
    report([{ id: 'zoom', name: 'Zoom' }]);
    await a.ask(CaptureWatch, { on: true });
    report([
      { id: 'teams', name: 'Teams' },
      { id: 'zoom', name: 'Zoom' },
    ]);
    const seen = (client: typeof a) =>
      client.notes
        .filter(({ method }) => method === 'capture/programs')
        .map(({ params }) =>
          (params['programs'] as { id: string; opened: boolean }[])
            .map(({ id, opened }) => `${id}${opened ? '!' : ''}`)
            .join(' '),
        );
    deepEqual(
      [seen(a), seen(b)],
      [
        ['zoom', 'teams! zoom'],
        ['', 'zoom!', 'teams zoom'],
      ],
    );
    await a.ask(CaptureWatch, { on: false });
    equal(watching, 1);
    b.handler.closed();
    equal(watching, 0);
  });
});
