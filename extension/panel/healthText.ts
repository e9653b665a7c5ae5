/** The panel's health line in words: engine, speed, and what was lost. */
import type { Rung } from '../../protocol/engine';
import { t } from '../l10n';

export interface HealthFacts {
  readonly provider: string;
  readonly model: string;
  /** Real-time factor of the last decodes; 0 before the first. */
  readonly rtf: number;
  /** Milliseconds of audio that waits to be decoded. */
  readonly queueMs: number;
  /** Frames of 20 ms that were lost. */
  readonly dropped: number;
  /** Where recognition stands on the ladder of load. */
  readonly rung: Rung;
}

/** A wait for words that is longer than this is told: below it a listener notices nothing. */
const BEHIND_MS = 3_000;
/** So is more audio than the longest phrases of two sources: phrases of up to 20 s come to the engine whole, and that is no lag. */
const WAITING_MS = 45_000;
const FRAME_MS = 20;

/** `moonshine` + `tiny` → `Moonshine tiny`; a model id that carries its provider's name is not said twice. */
export function engineName(provider: string, model: string): string {
  const rest = model.toLowerCase().startsWith(provider.toLowerCase()) ? model.slice(provider.length).replace(/^[-_ ]+/, '') : model;
  const name = `${provider} ${rest}`.trim();
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function healthText(facts: HealthFacts): string {
  const parts = [engineName(facts.provider, facts.model)];
  if (facts.rtf > 0) {
    const speed = 1 / facts.rtf;
    parts.push(speed >= 1 ? t('{0}× faster than real time', speed >= 10 ? Math.round(speed) : speed.toFixed(1)) : t('{0}× slower than real time', facts.rtf.toFixed(1)));
  }
  if (isBehind(facts)) parts.push(t('{0} s behind', Math.round(facts.queueMs / 1000)));
  const saving = rungText(facts.rung);
  if (saving !== undefined) parts.push(saving);
  if (facts.dropped > 0) parts.push(t('{0} s lost', ((facts.dropped * FRAME_MS) / 1000).toFixed(1)));
  return parts.join(', ');
}

function rungText(rung: Rung): string | undefined {
  switch (rung) {
    case 'NORMAL':
      return undefined;
    case 'WARNING':
      return t('busy: fewer words in progress');
    case 'DEGRADE':
      return t('slow: words appear when a phrase is complete');
    case 'EMERGENCY':
      return t('very slow: a smaller model helps out where there is one');
    case 'FAILOVER':
      return t('much too slow: another engine helps out where there is one');
  }
}

function isBehind({ queueMs, rtf }: HealthFacts): boolean {
  return queueMs * (rtf > 0 ? rtf : 1) >= BEHIND_MS || queueMs >= WAITING_MS;
}
