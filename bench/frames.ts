/**
 * What the daemon does for one frame of 20 ms and one session, speech detection and recognition
 * left out (frameWork.ts), and what a real daemon does for silent clients. Processor time of the
 * whole process. Usage: `tsx bench/frames.ts`
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDaemon } from '../client';
import { bundled } from '../testing/processes/bundle';
import { DaemonUnderLoad } from './daemonUnderLoad';
import { reportResults } from './report';

const SESSIONS = 20;
const SECONDS = 120;
const CLIENTS = 500;
const CLIENT_SECONDS = 20;

/** After the start, and after so many clients came. */
const CALM_MS = 5_000;

interface CpuParts {
  readonly without: number;
  readonly silent: number;
}

/**
 *
 * @returns shares of a core that a daemon takes without clients and with so many silent ones; the
 * meter of its event loop, which wakes it 200 times a second, is off
 */
async function silentClients(models: string): Promise<CpuParts> {
  const daemon = await DaemonUnderLoad.start(models);
  const clients = [];
  try {
    await daemon.loop('off');
    const share = async (): Promise<number> => {
      await delay(CALM_MS);
      const before = await daemon.loop('read');
      await delay(CLIENT_SECONDS * 1000);
      return ((await daemon.loop('read')).cpuMs - before.cpuMs) / (CLIENT_SECONDS * 1000);
    };
    // The first look is at a daemon that still loads its model.
    await share();
    const without = await share();
    for (let i = 0; i < CLIENTS; i++)
      clients.push(
        await ensureDaemon({
          stateDir: daemon.home,
          client: { name: 'bench', version: '0', window: i % 2 === 0 },
        }),
      );
    return { without, silent: await share() };
  } finally {
    for (const client of clients) client.dispose();
    await daemon.stop();
  }
}

async function main(): Promise<void> {
  const program = bundled('frameWork.ts');
  const micros = [1, 2, 3].map(() =>
    Number(
      execFileSync(process.execPath, [program, String(SESSIONS), String(SECONDS)], {
        encoding: 'utf8',
      }),
    ),
  );
  const [best = NaN] = [...micros].sort((a, b) => a - b);
  const { without, silent } = await silentClients(
    process.env['EARMARK_MODELS'] ?? join(__dirname, '..', '.cache', 'models'),
  );
  reportResults({
    about: [
      `${SESSIONS} recorded sessions over ${SECONDS} simulated seconds with spool and store,`,
      'the best of three runs.',
      `Then a daemon with ${CLIENTS} connected, silent clients over ${CLIENT_SECONDS} s.`,
    ].join(' '),
    rows: [
      {
        what: 'work per frame of 20 ms and session, without detector and recogniser',
        measured: `${best.toFixed(1)} µs`,
      },
      {
        what: `${CLIENTS} silent clients, of one core`,
        measured: `${(100 * silent).toFixed(2)} %`,
      },
      {
        what: 'the same daemon without clients, of one core',
        measured: `${(100 * without).toFixed(2)} %`,
      },
    ],
    metrics: {
      'work per frame of 20 ms and session': {
        value: Number(best.toFixed(2)),
        unit: 'µs',
        better: 'lower',
        noise: 4,
        mark: 20,
      },
      [`share of a core for ${CLIENTS} silent clients`]: {
        value: Number(silent.toFixed(4)),
        better: 'lower',
        noise: 0.005,
        mark: 0.02,
      },
    },
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
