/**
 * Probes this machine's abilities within five seconds; a value without an answer by then is
 * unknown. Linux, macOS, Windows.
 */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../../base/childEnvironment';
import type { Clock } from '../../base/clock';
import { type Capabilities, type Gpu, soldGb } from '../../models/capabilities';

export interface ProbeTools {
  readonly platform: string;
  readonly arch: string;
  /** Output of a program. Rejects if it is absent or fails. */
  run(command: string, args: readonly string[]): Promise<string>;
  read(path: string): Promise<string>;
  list(folder: string): Promise<readonly string[]>;
}

const LIMIT_MS = 5_000;
const MATTERS = ['avx2', 'fma', 'f16c', 'avx512f', 'neon'];

export const systemTools: ProbeTools = {
  platform: process.platform,
  arch: process.arch,
  run: (command, args) =>
    new Promise((resolve, reject) =>
      execFile(
        command,
        [...args],
        {
          env: childEnvironment(process.env),
          timeout: LIMIT_MS,
          windowsHide: true,
          maxBuffer: 1 << 20,
        },
        (error, stdout) => (error ? reject(new Error(`${command} failed.`)) : resolve(stdout)),
      ),
    ),
  read: (path) => readFile(path, 'utf8'),
  list: (folder) => readdir(folder),
};

export async function probeSystem(
  clock: Clock,
  tools: ProbeTools = systemTools,
  limitMs = LIMIT_MS,
): Promise<Capabilities> {
  const unknown: string[] = [];
  const within = async <T>(name: string, answer: Promise<T>, fallback: T): Promise<T> => {
    let timer: { dispose(): void } | undefined;
    const late = new Promise<'late'>(
      (resolve) => (timer = clock.setTimeout(() => resolve('late'), limitMs)),
    );
    const found = await Promise.race([answer.catch(() => fallback), late]);
    timer?.dispose();
    if (found !== 'late') return found;
    unknown.push(name);
    return fallback;
  };
  const [instructionSets, gpu, battery] = await Promise.all([
    within('instruction sets', instructions(tools), []),
    within('GPU', findGpu(tools), undefined),
    within('battery', readBattery(tools), undefined),
  ]);
  const constrained = process.constrainedMemory?.() ?? 0;
  return {
    platform: tools.platform,
    arch: tools.arch,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    instructionSets,
    memoryGb: soldGb(constrained > 0 && constrained < totalmem() ? constrained : totalmem()),
    ...(gpu ? { gpu } : {}),
    ...(battery ? { battery } : {}),
    unknown,
  };
}

async function instructions({ platform, arch, run, read }: ProbeTools): Promise<string[]> {
  if (arch === 'arm64') return ['neon'];
  const text =
    platform === 'linux'
      ? await read('/proc/cpuinfo')
      : platform === 'darwin'
        ? await run('sysctl', ['-n', 'machdep.cpu.features', 'machdep.cpu.leaf7_features'])
        : '';
  const words = new Set(text.toLowerCase().split(/\s+/));
  return MATTERS.filter((name) => words.has(name));
}

async function findGpu(tools: ProbeTools): Promise<Gpu | undefined> {
  if (tools.platform === 'darwin')
    return tools.arch === 'arm64' ? { kind: 'metal', name: 'Apple silicon' } : undefined;
  const cuda = await tools
    .run('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'])
    .catch(() => '');
  const [name, mebibytes] = (cuda.trim().split('\n')[0] ?? '').split(',').map((s) => s.trim());
  if (name)
    return {
      kind: 'cuda',
      name,
      ...(Number(mebibytes) > 0 ? { memoryGb: Math.round(Number(mebibytes) / 1024) } : {}),
    };
  const vulkan = await tools.run('vulkaninfo', ['--summary']).catch(() => '');
  for (const device of vulkan.split(/GPU\d+:/).slice(1)) {
    // A driver that computes on the CPU is no GPU.
    const found = /deviceName\s*=\s*(.+)/.exec(device)?.[1]?.trim();
    if (found !== undefined && !/PHYSICAL_DEVICE_TYPE_CPU/.test(device))
      return { kind: 'vulkan', name: found };
  }
  return undefined;
}

/** Undefined without a battery or if its state is unknown. */
export async function readBattery({
  platform,
  run,
  read,
  list,
}: ProbeTools): Promise<Capabilities['battery']> {
  if (platform === 'darwin') {
    const text = await run('pmset', ['-g', 'batt']);
    const charge = /(?<!\d)(\d+)%/.exec(text)?.[1];
    return charge === undefined
      ? undefined
      : { charge: Number(charge) / 100, discharging: /'Battery Power'/.test(text) };
  }
  if (platform !== 'linux') return undefined;
  const folder = '/sys/class/power_supply';
  for (const name of await list(folder)) {
    const value = (file: string): Promise<string> =>
      read(join(folder, name, file)).then(
        (text) => text.trim(),
        () => '',
      );
    // A mouse has a battery too; its scope is Device.
    if ((await value('type')) !== 'Battery' || (await value('scope')) === 'Device') continue;
    const charge = Number(await value('capacity'));
    if (charge > 0)
      return { charge: charge / 100, discharging: (await value('status')) === 'Discharging' };
  }
  return undefined;
}
