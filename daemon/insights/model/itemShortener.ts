/**
 * Rewrites the texts of single actions and decisions with a model that cannot write whole notes.
 * The finding, its owner, its date and its evidence stay; a text that the check refuses is dropped.
 */
import { isEarmarkError } from '../../../protocol/errors';
import type { SegmentText } from '../../transcript/types';
import type { Finding } from '../discourse/discuss';
import { checkWritten } from '../gate/check';
import { SpokenWindow } from '../gate/spokenWindow';
import { readShort, SHORT_SCHEMA, shortQuestion } from '../write/shorten';
import type { ModelQueue } from './modelQueue';
import type { UsageCounter } from './usage';

/** Requests of one pass; a meeting of an hour has about twenty items. */
const MAX_ITEMS = 40;

export interface Shortening {
  readonly asked: number;
  readonly answered: number;
  readonly error?: unknown;
}

export class ItemShortener {
  /** Key of a finding → its new text; undefined if it was refused or another item has it. */
  private readonly texts = new Map<string, string | undefined>();

  constructor(private readonly queue: Pick<ModelQueue, 'complete'>) {}

  /** Asks for each item without a text. Stops at the first failed request. Never throws. */
  async read(
    findings: readonly Finding[],
    segments: readonly SegmentText[],
    signal: AbortSignal,
    usage: UsageCounter,
    onProgress: (done: number, of: number) => void,
  ): Promise<Shortening> {
    const open = findings.filter((one) => isItem(one) && !this.texts.has(keyOf(one)));
    const asked = open.slice(0, MAX_ITEMS);
    const window = new SpokenWindow(segments);
    const positions = new Map(segments.map(({ id }, at) => [id, at]));
    let answered = 0;
    for (const finding of asked) {
      onProgress(answered, asked.length);
      const quotes = finding.evidence.map(({ segmentId, quote }) => ({
        line: (positions.get(segmentId) ?? -1) + 1,
        quote,
      }));
      const at = (quotes[0]?.line ?? 0) - 1;
      if (at < 0 || !isItem(finding)) continue;
      try {
        const question = shortQuestion(finding.kind, segments, at);
        const text = readShort(await this.queue.complete(question, SHORT_SCHEMA, signal, usage));
        const checked = text === undefined ? undefined : checkWritten({ text, quotes }, window);
        const fits =
          checked?.refusal === undefined && ![...this.texts.values()].includes(checked?.text);
        this.texts.set(keyOf(finding), fits ? checked?.text : undefined);
        answered++;
      } catch (error) {
        return { asked: asked.length, answered, error };
      }
    }
    return { asked: asked.length, answered };
  }

  apply(findings: readonly Finding[]): readonly Finding[] {
    return findings.map((finding) => {
      const text = isItem(finding) ? this.texts.get(keyOf(finding)) : undefined;
      return text === undefined ? finding : { ...finding, text };
    });
  }
}

type Item = Finding & { readonly kind: 'action' | 'decision' };

function isItem(finding: Finding): finding is Item {
  return finding.kind === 'action' || finding.kind === 'decision';
}

/** The words count, so a corrected line is asked about again. */
function keyOf({ kind, evidence }: Finding): string {
  return [kind, ...evidence.map(({ segmentId, quote }) => `${segmentId} ${quote}`)].join('\n');
}

/** Sentence for the user about an error of a model. */
export function failureOf(error: unknown, name: string): string {
  return isEarmarkError(error) ? error.message : `${name} failed.`;
}
