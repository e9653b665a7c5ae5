/** Doctor's report as Markdown: problems with their fixes first, then all components. */
import type { AudioDevices } from '../../protocol/audio';
import type { DaemonHealthResult } from '../../protocol/health';
import type { ResultOf } from '../../protocol/method';
import type { ModelInfo } from '../../protocol/models';
import { t } from '../l10n';

export interface Findings {
  readonly health: DaemonHealthResult;
  readonly devices: ResultOf<typeof AudioDevices>;
  readonly models: readonly ModelInfo[];
  readonly editor: string;
  readonly remote: string | undefined;
}

const MB = 1_000_000;

export function doctorReport({ health, devices, models, editor, remote }: Findings): string {
  const problems = [...health.problems, ...devices.advice];
  const { engine } = health;
  const section = (title: string, lines: readonly string[]): string =>
    `## ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`;
  const device = (d: { name: string; isDefault: boolean; recorder: string }): string =>
    `${d.name}${d.isDefault ? ` (${t('default')})` : ''}, ${d.recorder}`;
  const orNone = (lines: string[]): string[] => (lines.length > 0 ? lines : [t('none')]);
  return [
    `# Earmark Doctor\n`,
    problems.length === 0 ? `${t('No problems found.')}\n` : section(t('Problems'), problems),
    section(t('Speech engine'), [
      listed(
        `${engine.provider} ${engine.model}: ${engineState(engine.state)}`,
        engine.loadMs && t('loaded in {0} s', (engine.loadMs / 1000).toFixed(1)),
        engine.rtf.mean && t('{0}× real time', (1 / engine.rtf.mean).toFixed(0)),
      ),
      ...(engine.error === undefined ? [] : [engine.error]),
      ...health.workers.map(({ name, state, rssBytes, restarts }) =>
        listed(
          `${name}: ${state}`,
          rssBytes && `${(rssBytes / MB).toFixed(0)} MB`,
          restarts && t('{0} restarts', restarts),
        ),
      ),
      t(
        'Moonshine tiny supports English only. For other languages, select the Whisper engine (docs/whisper.md).',
      ),
    ]),
    section(t('This machine'), [
      t(
        '{0} cores ({1}), {2} GB memory',
        health.machine.cores,
        health.machine.cpu,
        health.machine.memoryGb,
      ),
      t('tier {0}: {1}', health.machine.tier, health.machine.why),
      health.machine.targets
        .map(({ model, device }) => (device === 'gpu' ? t('{0} on the GPU', model) : model))
        .join(', '),
    ]),
    section(t('Microphones'), orNone(devices.microphones.map(device))),
    section(t('System audio'), orNone(devices.systems.map(device))),
    section(
      t('Recorders'),
      devices.recorders.map(
        (r) =>
          `${r.name}: ${r.available ? r.sources.join(', ') : (r.reason ?? t('not available'))}`,
      ),
    ),
    section(
      t('Models'),
      models.map(
        (m) => `${m.id}: ${m.status.state}, ${(m.bytes / MB).toFixed(0)} MB, ${m.licence}`,
      ),
    ),
    section(t('Processes'), [
      t(
        'daemon {0}, process {1}, up {2} min, {3} MB',
        health.version,
        health.pid,
        Math.round(health.uptimeMs / 60_000),
        (health.rssBytes / MB).toFixed(0),
      ),
      t(
        'protocol {0}.{1}, {2} clients, {3} sessions',
        health.protocol.major,
        health.protocol.minor,
        health.clients,
        health.sessions.length,
      ),
      listed(editor, remote && t('remote daemon: {0}; audio is recorded on this machine', remote)),
    ]),
  ].join('\n');
}

/** The parts that are present, separated by commas. */
const listed = (...parts: (string | number | undefined)[]): string =>
  parts.filter((part) => typeof part === 'string' && part !== '').join(', ');

function engineState(state: DaemonHealthResult['engine']['state']): string {
  return {
    UNINITIALIZED: t('not loaded'),
    LOADING: t('loading'),
    WARMING_UP: t('warming up'),
    READY: t('ready'),
    UNLOADING: t('unloading'),
    ERROR: t('failed'),
  }[state];
}
