/**
 * Real devices, recorded here for a daemon elsewhere: a microphone that is pulled out and brought
 * back, and one that sends only zeros. The session goes on and says once what happened.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConnection, ensureDaemon, readDaemonFile, type Connection } from '../../../client';
import { createCapture } from '../../../daemon/adapters/capture/capture';
import { composeDaemon, type RunningDaemon } from '../../../daemon/compose';
import { SAMPLE_RATE } from '../../../daemon/audio/frame';
import { SessionStop, type SessionEvent } from '../../../protocol/session';
import { TokensCreate } from '../../../protocol/tokens';
import { type AudioDevices, startAudioDevices } from '../../../testing/processes/audioDevices';
import { until } from '../../../testing/processes/daemonProcess';
import { scriptedParts } from '../../../testing/fakes/scripted/scriptedParts';
import { sine } from '../../unit/capture/audioBytes';

const HEADSET = 'earmark_headset';
const client = { name: 'test', version: '0' } as const;

describe('real devices, recorded here for a daemon elsewhere', function () {
  this.timeout(60_000);
  let devices: AudioDevices;
  let here: string;
  let there: string;
  let daemons: RunningDaemon[];
  let connection: Connection;
  let events: SessionEvent[];
  let tones: ChildProcess[];

  beforeEach(async function () {
    if (spawnSync('pulseaudio', ['--version']).error || spawnSync('parec', ['--version']).error) {
      console.log(
        '    skipped: PulseAudio is not installed (on Debian: apt-get install pulseaudio pulseaudio-utils)',
      );
      this.skip();
    }
    devices = await startAudioDevices();
    [here, there] = ['here', 'there'].map((name) =>
      mkdtempSync(path.join(tmpdir(), `earmark-${name}-`)),
    ) as [string, string];
    daemons = [];
    events = [];
    tones = [];
    await start(there, { 'listen.address': '127.0.0.1:0' });
    await start(here, {});
    const admin = await ensureDaemon({ stateDir: there, client });
    const { token } = await admin.request(TokensCreate, { user: 'ann', scopes: ['record'] });
    admin.dispose();
    const listen = readDaemonFile(there)?.listen;
    connection = createConnection({
      stateDir: here,
      client,
      timeoutMs: 30_000,
      remote: { url: listen?.url ?? '', token },
    });
  });
  afterEach(async () => {
    for (const tone of tones) tone.kill('SIGKILL');
    connection?.dispose();
    for (const daemon of daemons ?? []) {
      daemon.shutdown();
      await daemon.ended;
    }
    await devices?.dispose();
    for (const folder of [here, there]) rmSync(folder, { recursive: true, force: true });
  });

  const env = (): NodeJS.ProcessEnv => ({ ...process.env, ...devices.env });
  const pactl = (...args: string[]): string =>
    execFileSync('pactl', args, { env: env(), encoding: 'utf8' });

  async function start(home: string, given: Record<string, unknown>): Promise<void> {
    const running = await composeDaemon({
      home,
      env: process.env,
      given: { 'daemon.idleMinutes': 1, 'log.level': 'error', ...given },
      ...scriptedParts(),
      capture: ({ clock, logger }) =>
        createCapture({
          recordersFolder: path.join(__dirname, '../../../daemon/adapters/capture/recorders'),
          only: ['parec'],
          env: env(),
          clock,
          logger,
        }),
    });
    ok(running);
    daemons.push(running);
  }

  function plugHeadset(): void {
    pactl(
      'load-module',
      'module-null-sink',
      `sink_name=${HEADSET}_input`,
      'rate=48000',
      'channels=2',
      'norewinds=1',
    );
    pactl(
      'load-module',
      'module-remap-source',
      `source_name=${HEADSET}`,
      `master=${HEADSET}_input.monitor`,
    );
  }
  function unplugHeadset(): void {
    for (const line of pactl('list', 'short', 'modules').split('\n'))
      if (line.includes(`sink_name=${HEADSET}_input `))
        pactl('unload-module', line.split('\t')[0] ?? '');
  }

  /** Words into a device without end: half a second of tone, half a second of silence. */
  function speak(sink: string): void {
    const tone = spawn(
      'pacat',
      [
        '--playback',
        `--device=${sink}`,
        '--latency-msec=40',
        '--raw',
        '--rate=16000',
        '--format=s16le',
        '--channels=1',
      ],
      { env: env(), stdio: ['pipe', 'ignore', 'ignore'] },
    );
    tones.push(tone);
    const word = Int16Array.from({ length: SAMPLE_RATE }, (_, i) =>
      i < SAMPLE_RATE / 2 ? 20_000 * sine(440, SAMPLE_RATE)(i) : 0,
    );
    const bytes = Buffer.from(word.buffer);
    const more = (): void => {
      while (!tone.stdin.destroyed && tone.stdin.write(bytes));
    };
    tone.stdin.on('drain', more).on('error', () => undefined);
    more();
  }

  const finals = (): number => events.filter(({ kind }) => kind === 'final').length;
  const warnings = (): readonly string[] =>
    events.flatMap((event) =>
      event.kind === 'warning' && event.code !== 'source.gap' ? [event.message] : [],
    );
  async function record(device?: string): Promise<string> {
    const { sessionId } = await connection.start(
      {
        kind: 'meeting',
        sources: [{ source: 'mic', origin: { type: 'capture', ...(device ? { device } : {}) } }],
        partials: false,
        insights: false,
      },
      (event) => void events.push(event),
    );
    return sessionId;
  }

  it('goes on with the default microphone when a headset is pulled out, and warns once', async () => {
    plugHeadset();
    speak(`${HEADSET}_input`);
    speak('earmark_mic_input');
    const sessionId = await record(HEADSET);
    await until(() => finals() >= 2, 'the headset is recorded');
    unplugHeadset();
    const [gone, before] = [performance.now(), finals()];
    await until(() => finals() >= before + 2, 'the microphone is recorded');
    const textAfterMs = performance.now() - gone;
    const given = warnings().map((message) => message.replace(/ “.*”/, ''));
    await connection.request(SessionStop, { sessionId });
    deepEqual(given, [
      'The chosen microphone is gone. The recording continues with the default device.',
    ]);
    console.log(`    text ${Math.round(textAfterMs)} ms after the loss`);
  });

  it('warns once of a microphone that sends only zeros for 7 s', async () => {
    const sessionId = await record();
    await new Promise((resolve) => setTimeout(resolve, 7_500));
    const given = warnings();
    await connection.request(SessionStop, { sessionId });
    deepEqual(given, [
      'The microphone has been completely silent for 5 seconds; check that it is plugged in and ' +
        'not muted, or choose another device.',
    ]);
  });
});
