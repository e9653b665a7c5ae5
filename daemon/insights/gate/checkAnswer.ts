/** Checks the answer of a language model: every item and every sentence against the transcript. */
import type { NoteTemplate } from '../../../protocol/templates';
import type { Finding } from '../discourse/discuss';
import type { Answer } from '../write/prompt';
import type { Window } from '../write/parts';
import type { Statement } from '../write/verify';
import { checkWritten } from './check';
import { SpokenWindow } from './spokenWindow';
import { contentStems } from './words';

/** A finding of a model, and its effect on findings of earlier parts. */
export interface ModelFinding {
  readonly finding: Finding;
  /** The matter was cancelled: earlier findings about it are removed. */
  readonly cancelled: boolean;
  readonly words: ReadonlySet<string>;
  /** The quoted line, in case that the text is refused later. */
  readonly quoted: string;
}

export interface CheckedAnswer {
  readonly items: readonly ModelFinding[];
  readonly summary: readonly Finding[];
  /** Items and sentences of which nothing stands. */
  readonly refused: number;
}

const CONFIDENCE = 0.75;
/** A quoted line in place of a refused text. */
const QUOTE_CONFIDENCE = 0.55;

/** @param template names the sections that a sentence may belong to */
export function checkAnswer(
  { items, summary }: Answer,
  segments: Window,
  template?: NoteTemplate,
): CheckedAnswer {
  const window = new SpokenWindow(segments);
  const found = items.flatMap((item): ModelFinding[] => {
    const checked = checkWritten(item, window);
    if (!checked) return [];
    const { text, owner, due, evidence, refusal, quoted } = checked;
    return [
      {
        finding: {
          kind: item.kind,
          text: refusal === undefined ? tidy(text) : text,
          confidence: refusal === undefined ? CONFIDENCE : QUOTE_CONFIDENCE,
          evidence,
          ...(owner !== undefined && { owner }),
          ...(due !== undefined && { due }),
        },
        cancelled: item.cancelled === true,
        words: contentStems(text),
        quoted,
      },
    ];
  });
  const sentences = summary.flatMap((written): Finding[] => {
    const checked = checkSentence(written, window, CONFIDENCE);
    const heading = headingOf(written.section, template);
    return checked ? [{ ...checked, ...(heading !== undefined && { heading }) }] : [];
  });
  return {
    items: found,
    summary: sentences,
    refused: items.length + summary.length - found.length - sentences.length,
  };
}

/** A section of the template that has no insights of its own; undefined for the summary. */
function headingOf(
  section: string | null | undefined,
  template: NoteTemplate | undefined,
): string | undefined {
  const name = section?.trim().toLowerCase();
  return template?.sections.find(
    ({ kind, title }) => kind === undefined && title.toLowerCase() === name,
  )?.title;
}

/**
 * The answer without the texts that the model itself denied when it saw them beside their excerpts.
 * An item becomes its quoted line; a sentence goes.
 * @param denied positions among `statementsOf`
 */
export function withoutDenied(answer: CheckedAnswer, denied: ReadonlySet<number>): CheckedAnswer {
  const { items, summary } = answer;
  return {
    ...answer,
    items: items.map((item, at) =>
      denied.has(at) && !item.cancelled
        ? { ...item, finding: { ...item.finding, text: item.quoted, confidence: QUOTE_CONFIDENCE } }
        : item,
    ),
    summary: summary.filter((_, at) => !denied.has(items.length + at)),
  };
}

/** Texts of an answer for the second question, items first. */
export function statementsOf({ items, summary }: CheckedAnswer): Statement[] {
  return [...items.map(({ finding }) => finding), ...summary].map(({ text, owner, evidence }) => ({
    text,
    owner,
    segmentIds: evidence.map(({ segmentId }) => segmentId),
  }));
}

function tidy(text: string): string {
  const plain = text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(?<!\.)\.+$/, '');
  return plain.slice(0, 1).toLocaleUpperCase('en') + plain.slice(1);
}

/**
 * A sentence of a summary as a finding. A refused one goes: the summary has others, and its quote
 * may be about anything.
 */
export function checkSentence(
  written: Parameters<typeof checkWritten>[0],
  window: SpokenWindow,
  confidence: number,
): Finding | undefined {
  const checked = checkWritten(written, window, true);
  return checked && checked.refusal === undefined
    ? { kind: 'summary', text: sentence(checked.text), confidence, evidence: checked.evidence }
    : undefined;
}

/** A sentence with its end. */
function sentence(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  return /[.?!…]$/.test(plain) ? plain : `${plain}.`;
}
