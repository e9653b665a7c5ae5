/**
 * Sends a session to a language model, window by window. An answered window is sent again only if
 * its text changed. A failed window is retried once at the end. The rules cover all windows without
 * an answer.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Finding } from '../discourse/discuss';
import type { WritingStep } from '../types';
import type { SegmentText } from '../../transcript/types';
import { checkAnswer, type CheckedAnswer, statementsOf, withoutDenied } from '../gate/checkAnswer';
import { mergeWindows } from '../merge/mergeParts';
import { type Window, windowsOf } from '../write/parts';
import { deniedIn, VERIFY_SCHEMA, verifyQuestion } from '../write/verify';
import { answerSchema, type MeetingFrame, questionOf, readAnswer, repairOf } from '../write/prompt';
import { failureOf, ItemShortener } from './itemShortener';
import type { AskedModel } from './modelQueue';
import { reduceSummary } from './summaryReducer';
import { type Usage, UsageCounter } from './usage';

interface Answered {
  readonly window: Window;
  readonly grounded: CheckedAnswer;
}

type Outcome =
  | { readonly grounded: CheckedAnswer }
  | { readonly failure: string; readonly error: EarmarkError | undefined };

/** Result of a call of `read`. */
export interface Reading {
  /** Windows or items that were sent. */
  readonly asked: number;
  readonly answered: number;
  readonly usage: Usage;
  /** A sentence for the user if a window got no answer; undefined otherwise. */
  readonly failure?: string;
  /** Error of the first failed request. */
  readonly error?: EarmarkError;
}

export interface ReadingOptions {
  /** Includes the last window, which grows until then. */
  readonly final: boolean;
  readonly signal: AbortSignal;
  /** Items of the rules and the encoder, for a model that shortens single items. */
  readonly findings: readonly Finding[];
  readonly onProgress?: ((step: WritingStep) => void) | undefined;
}

/** Maximum number of windows. A session of eight hours has about ten. */
const MAX_WINDOWS = 24;

export class ModelReader {
  private answered: Answered[] = [];
  /** Failed windows. They are retried once at the end. */
  private readonly failed = new Set<string>();
  private readonly shortener: ItemShortener;
  /** Summary of the whole meeting, and the answers it was made from. */
  private reduced:
    { readonly of: readonly Answered[]; readonly summary: readonly Finding[] } | undefined;

  constructor(
    private readonly queue: AskedModel,
    private readonly frame: MeetingFrame,
  ) {
    this.shortener = new ItemShortener(queue);
  }

  /**
   * True if a full window has not been sent yet and the provider takes requests. A local model reads
   * after the meeting only.
   */
  hasNew(segments: readonly SegmentText[]): boolean {
    if (this.queue.local === true || this.queue.rateLimited || this.queue.level === 'none')
      return false;
    return windowsOf(segments)
      .slice(0, -1)
      .slice(0, MAX_WINDOWS)
      .some((window) => !this.find(window) && !this.failed.has(keyOf(window)));
  }

  /**
   * Sends all windows without an answer, or single items if the model is of middle level. Never
   * throws. Answers received before the signal aborts are kept.
   */
  async read(segments: readonly SegmentText[], options: ReadingOptions): Promise<Reading> {
    const usage = new UsageCounter();
    const { name } = this.queue;
    try {
      options.onProgress?.({ step: 'exam', done: 0, of: 1 });
      const level = await this.queue.capability(options.signal, usage);
      if (level === 'middle' && options.final) return await this.shorten(segments, options, usage);
      if (level !== 'strong')
        throw new EarmarkError(
          'engine.refused',
          `${name} did not pass the five questions, so it writes no notes. Choose a larger model.`,
        );
    } catch (error) {
      return {
        asked: 1,
        answered: 0,
        usage: usage.total,
        failure: `${
          options.signal.aborted ? `${name} took too long.` : failureOf(error, name)
        } The meeting was read by the built-in rules alone.`,
        ...(isEarmarkError(error) && { error }),
      };
    }
    return this.readWindows(segments, options, usage);
  }

  private async shorten(
    segments: readonly SegmentText[],
    { signal, findings, onProgress }: ReadingOptions,
    usage: UsageCounter,
  ): Promise<Reading> {
    const { asked, answered, error } = await this.shortener.read(
      findings,
      segments,
      signal,
      usage,
      (done, of) => onProgress?.({ step: 'reading', done, of }),
    );
    return {
      asked,
      answered,
      usage: usage.total,
      ...(error !== undefined && { failure: failureOf(error, this.queue.name) }),
      ...(isEarmarkError(error) && { error }),
    };
  }

  private async readWindows(
    segments: readonly SegmentText[],
    { final, signal, onProgress }: ReadingOptions,
    usage: UsageCounter,
  ): Promise<Reading> {
    const all = windowsOf(segments).slice(0, MAX_WINDOWS);
    const windows = final ? all : all.slice(0, -1);
    const open = windows.filter(
      (window) => !this.find(window) && (final || !this.failed.has(keyOf(window))),
    );
    const outcomes = await this.askInOrder(windows, open, signal, usage, onProgress);
    const fresh = open.flatMap((window, i): Answered[] => {
      const outcome = outcomes[i];
      return outcome && 'grounded' in outcome ? [{ window, grounded: outcome.grounded }] : [];
    });
    open.forEach((window, i) => {
      if ('failure' in outcomes[i]!) this.failed.add(keyOf(window));
    });
    // Forgets answers about segments that were removed or corrected.
    this.answered = windows.flatMap(
      (window) => this.find(window) ?? fresh.find((one) => one.window === window) ?? [],
    );
    if (final && this.answered.length > 1 && open.length > 0)
      await this.reduce(segments, signal, usage, onProgress);
    const failures = outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome] : []));
    const [first] = failures;
    return {
      asked: open.length,
      answered: open.length - failures.length,
      usage: usage.total,
      ...(first && {
        failure: `${first.failure} ${partOf(failures.length, windows.length)} read by the built-in rules alone.`,
      }),
      ...(first?.error && { error: first.error }),
    };
  }

  /** One summary of all answered parts; the parts' own summaries stay if it fails. */
  private async reduce(
    segments: readonly SegmentText[],
    signal: AbortSignal,
    usage: UsageCounter,
    onProgress: ReadingOptions['onProgress'],
  ): Promise<void> {
    onProgress?.({ step: 'summary', done: 0, of: 1 });
    const of = this.answered;
    const { findings, summary } = mergeWindows(of.map(({ grounded }) => grounded));
    const material = [...summary, ...findings].sort(byTime);
    const whole = await reduceSummary(this.queue, material, segments, signal, usage);
    this.reduced = whole && { of, summary: whole };
  }

  /**
   * Combines the findings of rules and model. The model's findings replace those of the rules in
   * its windows.
   * @param segments current segments; answers about changed text are left out
   */
  combine(
    rules: readonly Finding[],
    summary: readonly Finding[],
    segments: ReadonlyMap<string, SegmentText>,
  ): { readonly findings: readonly Finding[]; readonly summary: readonly Finding[] } {
    const shortened = this.shortener.apply(rules);
    const valid = this.answered.filter(({ window }) =>
      window.every((segment) => sameWords(segment, segments.get(segment.id))),
    );
    const merged = mergeWindows(valid.map(({ grounded }) => grounded));
    const covered = idsOf(valid);
    // The summary is never empty: if no sentence of the model passes for a window, the rules'
    // sentences stay.
    const reported = idsOf(valid.filter(({ grounded }) => grounded.summary.length > 0));
    const quoted = new Set(
      merged.findings.flatMap(({ kind, evidence }) =>
        evidence.map(({ segmentId }) => `${kind} ${segmentId}`),
      ),
    );
    return {
      findings: [
        ...shortened.filter(
          ({ kind, evidence }) =>
            !evidence.every(({ segmentId }) => covered.has(segmentId)) &&
            !evidence.some(({ segmentId }) => quoted.has(`${kind} ${segmentId}`)),
        ),
        ...merged.findings.map((finding) => united(finding, rules)),
      ],
      summary: [
        ...summary.filter(
          ({ evidence }) => !evidence.every(({ segmentId }) => reported.has(segmentId)),
        ),
        ...(valid.length === this.answered.length && this.reduced?.of === this.answered
          ? [
              ...this.reduced.summary,
              ...merged.summary.filter(({ heading }) => heading !== undefined),
            ]
          : merged.summary),
      ],
    };
  }

  private find(window: Window): Answered | undefined {
    return this.answered.find(
      (one) =>
        one.window.length === window.length &&
        one.window.every(
          (segment, i) => segment.id === window[i]?.id && sameWords(segment, window[i]),
        ),
    );
  }

  /** One part after the other: each one gets the items of the part before it. */
  private async askInOrder(
    windows: readonly Window[],
    open: readonly Window[],
    signal: AbortSignal,
    usage: UsageCounter,
    onProgress: ReadingOptions['onProgress'],
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const window of open) {
      onProgress?.({ step: 'reading', done: outcomes.length, of: open.length });
      const before = windows[windows.indexOf(window) - 1];
      const at = before ? open.indexOf(before) : -1;
      const last = outcomes[at];
      const grounded =
        last && 'grounded' in last ? last.grounded : before && this.find(before)?.grounded;
      const known = grounded?.items.map(
        ({ finding: { kind, text, owner, due } }) =>
          `${kind}: ${[text, owner, due].filter(Boolean).join(', ')}`,
      );
      outcomes.push(await this.ask(window, signal, usage, known));
    }
    return outcomes;
  }

  /** Asks the model about its own texts. A failed request leaves them as they are. */
  private async verified(
    grounded: CheckedAnswer,
    window: Window,
    signal: AbortSignal,
    usage: UsageCounter,
  ): Promise<CheckedAnswer> {
    const statements = statementsOf(grounded);
    if (statements.length === 0 || this.queue.rateLimited) return grounded;
    try {
      const question = verifyQuestion(statements, window);
      const answer = await this.queue.complete(question, VERIFY_SCHEMA, signal, usage);
      const denied = deniedIn(answer);
      return denied ? withoutDenied(grounded, denied) : grounded;
    } catch {
      return grounded;
    }
  }

  /** Asks the model, and repeats the request once if the answer is invalid. */
  private async ask(
    window: Window,
    signal: AbortSignal,
    usage: UsageCounter,
    known: readonly string[] = [],
  ): Promise<Outcome> {
    const { template } = this.frame;
    const question = questionOf(window, { ...this.frame, known });
    const schema = answerSchema(template);
    try {
      const first = await this.queue.complete(question, schema, signal, usage);
      let read = readAnswer(first);
      if ('problem' in read)
        read = readAnswer(
          await this.queue.complete(repairOf(question, first, read.problem), schema, signal, usage),
        );
      if ('problem' in read)
        return refused(
          `${this.queue.name} did not answer in the form that was asked for; choose another model in "earmark.llm.model".`,
        );
      const grounded = checkAnswer(read.answer, window, template);
      if (grounded.refused > 0 && grounded.items.length + grounded.summary.length === 0)
        return refused(
          `Nothing that ${this.queue.name} said stands in the transcript; choose another model in "earmark.llm.model".`,
        );
      return { grounded: await this.verified(grounded, window, signal, usage) };
    } catch (error) {
      return {
        failure: signal.aborted
          ? `${this.queue.name} took too long.`
          : failureOf(error, this.queue.name),
        error: isEarmarkError(error) ? error : undefined,
      };
    }
  }
}

const firstMs = ({ evidence }: Finding): number => evidence[0]?.startMs ?? 0;
const byTime = (a: Finding, b: Finding): number => firstMs(a) - firstMs(b);

function refused(failure: string): Outcome {
  return { failure, error: new EarmarkError('engine.refused', failure) };
}

/** Owner and date that the rules found in the same lines, if the model's answer has none. */
function united(finding: Finding, rules: readonly Finding[]): Finding {
  const ids = new Set(finding.evidence.map(({ segmentId }) => segmentId));
  const same = rules.find(
    ({ kind, evidence }) =>
      kind === finding.kind && evidence.every(({ segmentId }) => ids.has(segmentId)),
  );
  const owner = finding.owner ?? same?.owner;
  const due = finding.due ?? same?.due;
  return { ...finding, ...(owner !== undefined && { owner }), ...(due !== undefined && { due }) };
}

/** Key of a window, from its text. */
function keyOf(window: Window): string {
  return `${window[0]?.id ?? ''} ${window.length} ${window.map(({ revision }) => revision).join('')}`;
}

function sameWords(a: SegmentText, b: SegmentText | undefined): boolean {
  return b !== undefined && !b.hidden && a.text === b.text && a.speaker === b.speaker;
}

function idsOf(answered: readonly Answered[]): ReadonlySet<string> {
  return new Set(answered.flatMap(({ window }) => window.map(({ id }) => id)));
}

function partOf(failed: number, all: number): string {
  return failed === all ? 'The meeting was' : `${failed} of ${all} parts of the meeting were`;
}
