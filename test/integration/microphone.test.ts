// The microphone watcher over a real PulseAudio and a real PipeWire: programs that record, programs
// that must not count, and the processor time of watching.
import { deepEqual, ok } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createCapture } from '../../daemon/adapters/capture/capture';
import { createMicrophoneWatcher } from '../../daemon/adapters/capture/microphone/watcher';
import { isOwnProcess } from '../../daemon/adapters/capture/microphone/ownProcess';
import { pipewire } from '../../daemon/adapters/capture/microphone/pipewire';
import { pulse } from '../../daemon/adapters/capture/microphone/pulse';
import type { SystemModule } from '../../daemon/adapters/capture/microphone/systemModule';
import type { RecorderName } from '../../daemon/audio/devices';
import type { MicrophoneProgram } from '../../daemon/audio/microphonePrograms';
import type { Disposable } from '../../daemon/base/disposable';
import { waitFor } from '../contract/recorderHarness';
import { startAudioDevices } from '../../testing/processes/audioDevices';
import { skip } from '../../testing/harness/skip';
import { pipewireInstalled, startPipewire } from './pipewireServer';

/** From the opened microphone to the report; a suggestion must come within 3 s. */
const REPORT_MS = 3_000;
/** Time in which a program that does not count would have been reported. */
const QUIET_MS = 2_500;
/** Of one core. */
const CPU_MAX = 0.001;
const CPU_OVER_MS = 20_000;

interface Server {
  readonly env: NodeJS.ProcessEnv;
  /** Command lines of another program. */
  readonly programs: Readonly<Record<'microphone' | 'speakers', readonly string[]>>;
  readonly name: string;
  dispose(): Promise<void>;
}

interface System {
  readonly of: string;
  readonly module: SystemModule;
  readonly recorder: RecorderName;
  /** Reason for which it cannot run here. */
  missing(): string | undefined;
  start(): Promise<Server>;
}

const SYSTEMS: readonly System[] = [
  {
    of: 'PulseAudio',
    module: pulse,
    recorder: 'parec',
    missing: () =>
      spawnSync('pulseaudio', ['--version']).error ? 'PulseAudio is not installed' : undefined,
    async start() {
      const devices = await startAudioDevices();
      const record = (source: string) => [
        'parec',
        '--raw',
        '--client-name=Zoom',
        `--device=${source}`,
      ];
      return {
        env: { ...process.env, ...devices.env },
        programs: {
          microphone: record(devices.sources.mic),
          speakers: record(devices.sources.system),
        },
        name: 'Zoom',
        dispose: () => devices.dispose(),
      };
    },
  },
  {
    of: 'PipeWire',
    module: pipewire,
    recorder: 'pw-record',
    missing: () => (pipewireInstalled() ? undefined : 'PipeWire is not installed'),
    async start() {
      const server = await startPipewire();
      return {
        env: server.env,
        programs: {
          microphone: ['pw-record', '--target=test_mic', '-P{ application.name = Zoom }', '-'],
          speakers: [
            'pw-record',
            '--target=test_speakers',
            '-P{ application.name = Zoom, stream.capture.sink = true }',
            '-',
          ],
        },
        name: 'Zoom',
        dispose: () => server.dispose(),
      };
    },
  },
];

for (const system of SYSTEMS)
  describe(`microphone watcher with ${system.of}`, function () {
    this.timeout(90_000);
    let server: Server;
    let reports: (readonly MicrophoneProgram[])[] = [];
    let watching: Disposable | undefined;
    const others: ChildProcess[] = [];

    before(async function () {
      const reason = system.missing();
      if (reason) skip(this, reason);
      server = await system.start();
    });
    after(() => server?.dispose());
    beforeEach(async () => {
      reports = [];
      watching = createMicrophoneWatcher({
        env: server.env,
        modules: [system.module],
        // The other programs are children of this process too.
        isOwn: (pid) => !others.some((other) => other.pid === pid) && isOwnProcess(pid),
      }).watch((programs) => void reports.push(programs));
      await waitFor('the first report', () => reports.length > 0, 10_000);
    });
    afterEach(async () => {
      watching?.dispose();
      await Promise.all(others.splice(0).map(end));
    });

    const open = (what: 'microphone' | 'speakers'): ChildProcess => {
      const [program = '', ...args] = server.programs[what];
      const child = spawn(program, args, { env: server.env, stdio: ['ignore', 'pipe', 'ignore'] });
      child.stdout.resume();
      others.push(child);
      return child;
    };
    const names = () => reports.map((programs) => programs.map(({ name }) => name).join());
    const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

    it('reports a program that opens the microphone, and that it closed it', async () => {
      const started = performance.now();
      const program = open('microphone');
      await waitFor('the program', () => names().at(-1) === server.name, REPORT_MS);
      console.log(`      reported after ${Math.round(performance.now() - started)} ms`);
      await end(program);
      await waitFor('its end', () => names().at(-1) === '', REPORT_MS);
      deepEqual(names(), ['', server.name, '']);
    });

    it('does not report a program that records the speakers', async () => {
      open('speakers');
      await pause(QUIET_MS);
      deepEqual(names(), ['']);
    });

    it("does not report Earmark's own recorder", async () => {
      const capture = createCapture({
        recordersFolder: path.join(__dirname, '../../daemon/adapters/capture/recorders'),
        only: [system.recorder],
        env: server.env,
      });
      try {
        let samples = 0;
        await capture.start('mic', undefined, {
          onData: (pcm) => void (samples += pcm.length),
          onEnd: () => undefined,
        });
        await pause(QUIET_MS);
        ok(samples > 0, 'nothing was recorded');
        deepEqual(names(), ['']);
      } finally {
        await capture.dispose();
      }
    });

    it('costs at most 0.1 % of a core, while a program records too', async () => {
      open('microphone');
      await waitFor('the program', () => names().at(-1) === server.name, REPORT_MS);
      await pause(1_500);
      const before = childTicks();
      await pause(CPU_OVER_MS);
      const share = ((childTicks() - before) * 10) / CPU_OVER_MS;
      console.log(`      watching: ${(share * 100).toFixed(3)} % of a core, mark 0.1 %`);
      ok(share <= CPU_MAX, `${share}`);
    });

    /**
     * Ticks of 10 ms that the watcher's own processes used: `pactl` or `pw-dump` with their
     * supervisors, and the processes that ended below them.
     */
    function childTicks(): number {
      const watchers = descendants(process.pid).filter(({ args }) => /pactl|pw-dump/.test(args));
      ok(watchers.length > 0, 'no watching process');
      return watchers.reduce((sum, { ticks }) => sum + ticks, 0);
    }
  });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Processes below one, with the processor time of their ended children. */
function descendants(of: number): readonly { readonly args: string; readonly ticks: number }[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0);
        return [{ pid: Number(pid), parent: Number(fields[1]), args, ticks }];
      } catch {
        return [];
      }
    });
  const below = (pid: number): typeof all =>
    all.filter(({ parent }) => parent === pid).flatMap((one) => [one, ...below(one.pid)]);
  return below(of);
}
