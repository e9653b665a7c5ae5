/** Text of the panel's health line and of the models page: engine, speed, lost audio. */
import type { EngineHealth, Machine, DegradationLevel } from '../../protocol/engine';
import { t } from '../l10n';

export interface HealthFacts {
  readonly provider: string;
  readonly model: string;
  /** Real-time factor of the last decodes; 0 before the first. */
  readonly rtf: number;
  /** Milliseconds of audio that waits to be decoded. */
  readonly queueMs: number;
  /** Lost frames; one frame is 20 ms. */
  readonly dropped: number;
  /** Features switched off under load. */
  readonly degradationLevel: DegradationLevel;
}

/** Delay of text that is reported, in milliseconds. A reader does not notice a shorter delay. */
const BEHIND_MS = 3_000;
/**
 * Queued audio that is reported at any speed, in milliseconds. Each of two sources may queue one
 * phrase of up to 20 s without a delay.
 */
const WAITING_MS = 45_000;
const FRAME_MS = 20;

/**
 * Display name: `moonshine` + `tiny` → `Moonshine tiny`. A provider's name at the start of the
 * model id is not repeated.
 */
export function engineName(provider: string, model: string): string {
  const rest = model.toLowerCase().startsWith(provider.toLowerCase())
    ? model.slice(provider.length).replace(/^[-_ ]+/, '')
    : model;
  const name = `${provider} ${rest}`.trim();
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function healthText(facts: HealthFacts): string {
  const parts = [engineName(facts.provider, facts.model)];
  if (facts.rtf > 0) parts.push(speedText(facts.rtf));
  if (isBehind(facts)) parts.push(t('{0} s behind', Math.round(facts.queueMs / 1000)));
  const saving = degradationText(facts.degradationLevel);
  if (saving !== undefined) parts.push(saving);
  if (facts.dropped > 0)
    parts.push(t('{0} s lost', ((facts.dropped * FRAME_MS) / 1000).toFixed(1)));
  return parts.join(', ');
}

function speedText(rtf: number): string {
  const speed = 1 / rtf;
  return speed >= 1
    ? t('{0}× faster than real time', times(speed))
    : t('{0}× slower than real time', rtf.toFixed(1));
}

function degradationText(degradationLevel: DegradationLevel): string | undefined {
  switch (degradationLevel) {
    case 'NORMAL':
      return undefined;
    case 'WARNING':
      return t('busy: live text updates less often');
    case 'DEGRADE':
      return t('slow: text appears after each phrase');
    case 'EMERGENCY':
      return t('very slow: using a smaller model if one is installed');
    case 'FAILOVER':
      return t('overloaded: using another engine if one is available');
  }
}

function isBehind({ queueMs, rtf }: HealthFacts): boolean {
  return queueMs * (rtf > 0 ? rtf : 1) >= BEHIND_MS || queueMs >= WAITING_MS;
}

/** Fewer decodes than this give no reliable speed. */
const FEW_DECODES = 5;

/** State, speed, degradation level, memory and error of the engine, one line each. */
export function engineWords(engine: EngineHealth): string[] {
  const { rtf } = engine;
  const measured =
    rtf.decodes === 0
      ? t('Speed not measured yet. Speak to measure it.')
      : rtf.decodes < FEW_DECODES
        ? t('{0}, after {1} phrases', speedText(rtf.mean), rtf.decodes)
        : rtf.p95 < 1
          ? t('{0}; 95% of phrases at least {1}×', speedText(rtf.mean), times(1 / rtf.p95))
          : speedText(rtf.mean);
  const saving = degradationText(engine.degradationLevel);
  return [
    `${engineName(engine.provider, engine.model)}: ${stateText(engine.state)}`,
    measured,
    saving === undefined
      ? t('Running at full quality.')
      : saving.charAt(0).toUpperCase() + saving.slice(1),
    ...(engine.rssBytes > 0 ? [t('{0} MB memory', Math.round(engine.rssBytes / 1e6))] : []),
    ...(engine.error === undefined ? [] : [engine.error]),
  ];
}

/** Hardware, measured speed and recommended model, one line each. */
export function machineWords(machine: Machine): string[] {
  const [best] = machine.targets;
  return [
    t('{0}, {1} cores, {2} GB', machine.cpu, machine.cores, Math.round(machine.memoryGb)),
    ...(machine.gpu === undefined ? [] : [machine.gpu.name]),
    machine.why,
    machine.calibration === undefined
      ? t('Speed not measured yet.')
      : t(
          'Measured on {0} with {1}: {2}',
          new Date(machine.calibration.at).toLocaleDateString(),
          engineName(machine.calibration.model.split('-')[0] ?? '', machine.calibration.model),
          speedText(machine.calibration.rtf),
        ),
    ...(best === undefined
      ? []
      : [t('Recommended model: {0}', engineName(best.provider, best.model))]),
  ];
}

export const times = (speed: number): string =>
  speed >= 10 ? String(Math.round(speed)) : speed.toFixed(1);

function stateText(state: EngineHealth['state']): string {
  return {
    UNINITIALIZED: t('loads when you speak'),
    LOADING: t('loading'),
    WARMING_UP: t('warming up'),
    READY: t('ready'),
    UNLOADING: t('unloading'),
    ERROR: t('failed'),
  }[state];
}
