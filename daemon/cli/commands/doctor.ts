/** `earmark doctor`: checks this machine and gives advice for each fault. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Connection } from '../../../client';
import { AudioDevices } from '../../../protocol/audio';
import {
  EngineCalibrate,
  EngineRetry,
  type EngineHealth,
  type Machine,
} from '../../../protocol/engine';
import { isEarmarkError } from '../../../protocol/errors';
import { DaemonHealth } from '../../../protocol/health';
import { ModelsList } from '../../../protocol/models';
import { engineState } from './daemon';
import { withDaemon, type Environment } from '../environment';
import { writeBundle } from '../bundle';
import { SilentFailure, UsageError } from '../output/failure';
import { megabytes } from '../output/output';
import { persist } from '../persist';

interface Finding {
  readonly level: 'good' | 'note' | 'bad';
  readonly what: string;
  readonly text: string;
}

/** A large model loads and warms up within this time. */
const RETRY_TIMEOUT_MS = 120_000;
/** One minute, and the load of the model. */
const CALIBRATE_TIMEOUT_MS = 120_000;
const NODE_MIN = [20, 18] as const;
/** Free space for the models, the database and the audio of a long meeting. */
const DISK_MIN_BYTES = 500_000_000;

export function doctorCommand(program: Command, env: () => Environment): void {
  program
    .command('doctor')
    .summary('check this machine and suggest fixes')
    .option('--bundle', 'write a support bundle; it contains no transcript text')
    .option('--profile', "with --bundle: profile the daemon's processor time and memory for 5 s")
    .option('--retry', 'first restart speech engines that failed')
    .option(
      '--calibrate',
      'first measure the speed of this machine (up to a minute); Earmark chooses its ' +
        'models by it',
    )
    .action(
      async (options: {
        bundle?: boolean;
        profile?: boolean;
        retry?: boolean;
        calibrate?: boolean;
      }) => {
        if (options.profile && !options.bundle) throw new UsageError('--profile needs --bundle.');
        // Its errors appear in the findings.
        if (options.retry)
          await withDaemon(env(), (c) =>
            persist(c, EngineRetry, {}, { timeoutMs: RETRY_TIMEOUT_MS }),
          ).catch(() => undefined);
        if (options.calibrate)
          await withDaemon(env(), (c) =>
            persist(c, EngineCalibrate, {}, { timeoutMs: CALIBRATE_TIMEOUT_MS }),
          );
        const local = localFindings(env());
        // Without a state folder no daemon can start, and waiting for one takes 20 s.
        const findings = isFile(env().home) ? local : [...local, ...(await daemonFindings(env()))];
        const { style } = env().out;
        const mark = { good: style.green('✓'), note: style.yellow('!'), bad: style.red('✗') };
        const width = Math.max(...findings.map((f) => f.what.length));
        for (const { level, what, text } of findings)
          env().out.write(`${mark[level]} ${what.padEnd(width)}  ${text}\n`);
        if (options.bundle) {
          const path = await writeBundle(
            env(),
            findings.map(({ level, what, text: said }) => `${level} ${what}: ${said}`),
            options.profile ?? false,
          );
          env().out.write(`\nWritten to ${path}. Read it before you share it.\n`);
        }
        if (findings.some((f) => f.level === 'bad')) throw new SilentFailure();
      },
    );
}

function localFindings(env: Environment): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const newEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return [
    newEnough
      ? { level: 'good', what: 'Node.js', text: process.versions.node }
      : {
          level: 'bad',
          what: 'Node.js',
          text: `${process.versions.node} is too old; install ${NODE_MIN.join('.')} or newer.`,
        },
    stateFolderFinding(env.home),
  ];
}

const isFile = (path: string): boolean => existsSync(path) && !statSync(path).isDirectory();

function stateFolderFinding(home: string): Finding {
  if (isFile(home))
    return {
      level: 'bad',
      what: 'State folder',
      text: `${home} is a file, not a folder; set EARMARK_HOME to a folder.`,
    };
  let folder = home;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    if (free < DISK_MIN_BYTES)
      return {
        level: 'bad',
        what: 'State folder',
        text:
          `${home} has ${megabytes(free)} left; free some space or set EARMARK_HOME to ` +
          'another disk.',
      };
    return { level: 'good', what: 'State folder', text: `${home}, ${megabytes(free)} free` };
  } catch {
    return {
      level: 'bad',
      what: 'State folder',
      text: `Cannot write to ${home}; check its permissions or set EARMARK_HOME.`,
    };
  }
}

async function daemonFindings(env: Environment): Promise<Finding[]> {
  try {
    return await withDaemon(env, async (c) => {
      const models = await modelFindings(c);
      return [...(await healthFindings(c, models)), ...models, ...(await recorderFindings(c))];
    });
  } catch (error) {
    return [
      {
        level: 'bad',
        what: 'Daemon',
        text: isEarmarkError(error)
          ? error.message
          : 'The daemon does not start; run "earmark daemon logs".',
      },
    ];
  }
}

/** Findings of daemon/health. A model's fault is reported once, at the model. */
async function healthFindings(
  connection: Connection,
  models: readonly Finding[],
): Promise<Finding[]> {
  const { version, pid, engines, machine, problems } = await persist(connection, DaemonHealth, {});
  const modelsBad = models.some((m) => m.level === 'bad');
  return [
    { level: 'good', what: 'Daemon', text: `${version}, process ${pid}` },
    ...machineFindings(machine),
    ...(modelsBad ? [] : engines.flatMap(engineFindings)),
    ...problems
      .filter((text) => !(modelsBad && /\bmodel\b/i.test(text)))
      .map((text): Finding => ({ level: 'note', what: 'Daemon', text })),
  ];
}

/** Measured abilities of this machine, the chosen tier, and the reason. */
function machineFindings({
  cpu,
  cores,
  instructionSets,
  memoryGb,
  gpu,
  battery,
  tier,
  why,
  targets,
  unknown,
  calibration,
}: Machine): Finding[] {
  const named = ({ model, device }: Machine['targets'][number]): string =>
    device === 'gpu' ? `${model} on the GPU` : model;
  return [
    {
      level: unknown.length > 0 ? 'note' : 'good',
      what: 'Machine',
      text: [
        `${cores} cores (${cpu})`,
        ...(instructionSets.length > 0 ? [instructionSets.join(' ')] : []),
        `${memoryGb} GB`,
        gpu ? `${gpu.name} (${gpu.kind})` : 'no GPU',
        ...(battery
          ? [
              `battery ${Math.round(battery.charge * 100)} %${battery.discharging ? ', discharging' : ''}`,
            ]
          : []),
      ].join(', '),
    },
    calibration
      ? {
          level: 'good',
          what: 'Speed',
          text:
            `real-time factor ${calibration.rtf.toFixed(3)} on one core (${calibration.model}, ` +
            `${Math.round(calibration.audioMs / 1000)} s of speech, ${calibration.at.slice(0, 10)}` +
            ')',
        }
      : {
          level: 'note',
          what: 'Speed',
          text: 'not measured yet; measured after two idle minutes, or now with "earmark doctor --calibrate"',
        },
    { level: 'good', what: 'Tier', text: `${tier}: ${why}` },
    {
      level: 'good',
      what: 'Models',
      text: `${targets.map(named).join(', ')}; Earmark uses the first installed one that supports the language`,
    },
  ];
}

function engineFindings({
  provider,
  model,
  state,
  error,
  loadMs,
  rtf,
  queuedMs,
  rssBytes,
  degradationLevel,
  errors,
}: EngineHealth): Finding[] {
  const facts = [
    `${provider}, ${model}: ${engineState(state)}`,
    ...(loadMs === undefined ? [] : [`loaded in ${(loadMs / 1000).toFixed(1)} s`]),
    ...(rtf.decodes === 0
      ? []
      : [
          `real-time factor ${rtf.mean.toFixed(2)} (95 %: ${rtf.p95.toFixed(2)}, 99 %: ` +
            `${rtf.p99.toFixed(2)}, ${rtf.decodes} decodes)`,
        ]),
    ...(queuedMs > 0 ? [`${(queuedMs / 1000).toFixed(0)} s wait`] : []),
    ...(rssBytes > 0 ? [megabytes(rssBytes)] : []),
    ...(degradationLevel === 'NORMAL' ? [] : [`load: ${degradationLevel}`]),
  ];
  const failed: Finding[] =
    error === undefined
      ? []
      : [
          {
            level: 'bad',
            what: 'Speech engine',
            text: `${error} "earmark doctor --retry" tries again.`,
          },
        ];
  return [
    { level: 'good', what: 'Speech engine', text: facts.join(', ') },
    ...failed,
    ...errors.map(({ at, message }): Finding => ({
      level: 'note',
      what: 'Earlier error',
      text: `${at}: ${message}`,
    })),
  ];
}

async function modelFindings(connection: Connection): Promise<Finding[]> {
  const { models } = await persist(connection, ModelsList, {});
  const findings = models
    .filter((m) => m.isDefault)
    .map(({ id, status }): Finding => {
      if (status.state === 'installed') return { level: 'good', what: 'Model', text: id };
      if (status.state === 'broken')
        return { level: 'bad', what: 'Model', text: `${id}: ${status.reason}` };
      if (status.state === 'downloading')
        return { level: 'note', what: 'Model', text: `${id} is being downloaded` };
      return {
        level: 'bad',
        what: 'Model',
        text: `${id} is not installed; run "earmark models pull ${id}".`,
      };
    });
  const speech = models.find((m) => m.isDefault && m.kind === 'asr');
  if (speech && !speech.languages.includes('*')) {
    const names = new Intl.DisplayNames(['en'], { type: 'language' });
    const languages = speech.languages.map((l) => names.of(l) ?? l).join(', ');
    findings.push({
      level: 'note',
      what: 'Languages',
      text:
        `${speech.id} supports ${languages} only; for other languages choose the ` +
        'engine whisper (docs/whisper.md).',
    });
  }
  return findings;
}

async function recorderFindings(connection: Connection): Promise<Finding[]> {
  const { microphones, systems, advice } = await persist(connection, AudioDevices, {});
  const found = (
    what: string,
    devices: readonly { name: string; recorder: string; isDefault: boolean }[],
  ): Finding[] => {
    const device = devices.find((d) => d.isDefault) ?? devices[0];
    return device ? [{ level: 'good', what, text: `${device.name} (${device.recorder})` }] : [];
  };
  return [
    ...found('Microphone', microphones),
    ...found('System audio', systems),
    ...advice.map((text): Finding => ({ level: 'note', what: 'Recording', text })),
  ];
}
