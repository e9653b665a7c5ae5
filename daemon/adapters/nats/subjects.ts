/**
 * Subjects, streams and buckets of a team's engine. Names of models, users and sessions are encoded
 * as tokens that a subject permits.
 */
import type { DecodePriority } from '../../asr/contract/engine';

/** Streams of finals and of short-lived phrases. */
export const PHRASES = 'EARMARK_PHRASES';
export const QUICK = 'EARMARK_QUICK';
export const DEAD = 'EARMARK_DEAD';

/** Letters, digits and `-` stay; any other byte becomes `_` and two hexadecimal digits. */
export function token(name: string): string {
  return Buffer.from(name === '' ? '-' : name, 'utf8').reduce((text, byte) => {
    const char = String.fromCharCode(byte);
    return text + (/[A-Za-z0-9-]/.test(char) ? char : `_${byte.toString(16).padStart(2, '0')}`);
  }, '');
}

/** Reverses `token`. */
export function nameOf(text: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '_') {
      bytes.push(parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(text.charCodeAt(i));
  }
  return Buffer.from(bytes).toString('utf8');
}

const STREAM_OF: Readonly<Record<DecodePriority, string>> = {
  final: PHRASES,
  speculative: QUICK,
  partial: QUICK,
};

/** Queue of one organisation's phrases for one model, by priority. */
export interface Partition {
  readonly priority: DecodePriority;
  readonly model: string;
  readonly organisation: string;
  readonly stream: string;
  readonly subject: string;
  /** Name of its consumer. */
  readonly consumer: string;
}

export function partitionOf(
  priority: DecodePriority,
  model: string,
  organisation: string,
): Partition {
  const [m, o] = [token(model), token(organisation)];
  return {
    priority,
    model,
    organisation,
    stream: STREAM_OF[priority],
    subject: `earmark.phrase.${priority}.${m}.${o}`,
    consumer: `${priority}-${m}-${o}`,
  };
}

export function partitionOfSubject(subject: string): Partition | undefined {
  const [, , priority, model, organisation] = subject.split('.');
  if (
    (priority !== 'final' && priority !== 'speculative' && priority !== 'partial') ||
    model === undefined ||
    organisation === undefined
  )
    return undefined;
  return partitionOf(priority, nameOf(model), nameOf(organisation));
}

export const finalsOf = (model: string): string => `earmark.phrase.final.${token(model)}.>`;
/**
 * Notifies the workers of a model that a partition has phrases; the message is the partition's
 * subject.
 */
export const wakeOf = (model: string): string => `earmark.wake.${token(model)}`;
/** Notifies the workers of a model that a phrase is cancelled; the message is its id. */
export const cancelOf = (model: string): string => `earmark.cancel.${token(model)}`;
/**
 * Asks the workers of a model for a free slot; each free worker answers with the subject that
 * receives a phrase.
 */
export const offerOf = (model: string): string => `earmark.offer.${token(model)}`;
/** Heartbeats of the workers, see heartbeats.ts. */
export const HEARTBEATS = 'earmark.worker';
export const deadOf = (model: string, organisation: string): string =>
  `earmark.dead.${token(model)}.${token(organisation)}`;
export const ALL_DEAD = 'earmark.dead.>';
