/** What Doctor says, as Markdown: first what is wrong and what to do, then what there is. */
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
    problems.length === 0
      ? `${t('Everything that Earmark needs is there.')}\n`
      : section(t('What to do'), problems),
    section(t('Speech engine'), [
      `${engine.provider} ${engine.model}: ${engineState(engine.state)}${engine.loadMs === undefined ? '' : `, ${t('loaded in {0} s', (engine.loadMs / 1000).toFixed(1))}`}${engine.rtf.mean === 0 ? '' : `, ${t('{0}× real time', (1 / engine.rtf.mean).toFixed(0))}`}`,
      ...(engine.error === undefined ? [] : [engine.error]),
      ...health.workers.map(
        (w) =>
          `${w.name}: ${w.state}${w.rssBytes === undefined ? '' : `, ${(w.rssBytes / MB).toFixed(0)} MB`}${w.restarts === 0 ? '' : `, ${t('{0} restarts', w.restarts)}`}`,
      ),
      t(
        'Moonshine tiny understands English only; for other languages choose the engine whisper (docs/whisper.md).',
      ),
    ]),
    section(t('This machine'), [
      t(
        '{0} cores ({1}), {2} GB of memory',
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
    section(t('Programs'), [
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
      `${editor}${remote === undefined ? '' : `, ${t('remote: {0}; sound is recorded on this side', remote)}`}`,
    ]),
  ].join('\n');
}

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
