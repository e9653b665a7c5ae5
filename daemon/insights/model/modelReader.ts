/**
 * Sends a session to a language model, window by window. An answered window is sent again only if
 * its text changed. A failed window is retried once at the end. The rules cover all windows without
 * an answer.
 */
import { isEarmarkError } from '../../../protocol/errors';
import type { Finding } from '../discourse/discuss';
import type { SegmentText } from '../../transcript/types';
import { checkAnswer, type CheckedAnswer } from '../gate/checkAnswer';
import { mergeWindows } from '../merge/mergeParts';
import { type Window, windowsOf } from '../write/parts';
import {
  ANSWER_SCHEMA,
  type MeetingFrame,
  questionOf,
  readAnswer,
  repairOf,
} from '../write/prompt';
import type { ModelQueue } from './modelQueue';

/** What a reader needs of the queue in front of the model. */
export type AskedModel = Pick<ModelQueue, 'name' | 'capability' | 'complete'>;

interface Answered {
  readonly window: Window;
  readonly grounded: CheckedAnswer;
}

type Outcome = { readonly grounded: CheckedAnswer } | { readonly failure: string };

/** Result of a call of `read`. */
export interface Reading {
  readonly asked: number;
  /** A sentence for the user if a window got no answer; undefined otherwise. */
  readonly failure?: string;
}

/** Maximum number of windows. A session of eight hours has about ten. */
const MAX_WINDOWS = 24;

export class ModelReader {
  private answered: Answered[] = [];
  /** Failed windows. They are retried once at the end. */
  private readonly failed = new Set<string>();

  constructor(
    private readonly queue: AskedModel,
    private readonly frame: MeetingFrame,
  ) {}

  /** True if a full window has not been sent yet. */
  hasNew(segments: readonly SegmentText[]): boolean {
    return windowsOf(segments)
      .slice(0, -1)
      .slice(0, MAX_WINDOWS)
      .some((window) => !this.find(window) && !this.failed.has(keyOf(window)));
  }

  /**
   * Sends all windows without an answer. Never throws. Answers received before the signal aborts
   * are kept.
   * @param final includes the last window, which grows until then
   */
  async read(
    segments: readonly SegmentText[],
    final: boolean,
    signal: AbortSignal,
  ): Promise<Reading> {
    const all = windowsOf(segments).slice(0, MAX_WINDOWS);
    const windows = final ? all : all.slice(0, -1);
    const open = windows.filter(
      (window) => !this.find(window) && (final || !this.failed.has(keyOf(window))),
    );
    const outcomes = await this.askInOrder(windows, open, signal);
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
    const failures = outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome.failure] : []));
    return {
      asked: open.length,
      ...(failures[0] !== undefined && {
        failure: `${failures[0]} ${partOf(failures.length, windows.length)} read by the built-in rules alone.`,
      }),
    };
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
        ...rules.filter(
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
        ...merged.summary,
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
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const unable = open.length > 0 ? await this.unable(signal) : undefined;
    for (const window of open) {
      if (unable !== undefined) {
        outcomes.push({ failure: unable });
        continue;
      }
      const before = windows[windows.indexOf(window) - 1];
      const at = before ? open.indexOf(before) : -1;
      const last = outcomes[at];
      const grounded =
        last && 'grounded' in last ? last.grounded : before && this.find(before)?.grounded;
      const known = grounded?.items.map(
        ({ finding: { kind, text, owner, due } }) =>
          `${kind}: ${[text, owner, due].filter(Boolean).join(', ')}`,
      );
      outcomes.push(await this.ask(window, signal, known));
    }
    return outcomes;
  }

  /** A sentence for the user if the model cannot write notes. */
  private async unable(signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.queue.capability(signal)) === 'strong'
        ? undefined
        : `${this.queue.name} is too weak to write notes; choose a larger model in "earmark.llm.model".`;
    } catch (error) {
      if (signal.aborted) return `${this.queue.name} took too long.`;
      return isEarmarkError(error) ? error.message : `${this.queue.name} failed.`;
    }
  }

  /** Asks the model, and repeats the request once if the answer is invalid. */
  private async ask(
    window: Window,
    signal: AbortSignal,
    known: readonly string[] = [],
  ): Promise<Outcome> {
    const question = questionOf(window, { ...this.frame, known });
    try {
      const first = await this.queue.complete(question, ANSWER_SCHEMA, signal);
      let read = readAnswer(first);
      if ('problem' in read)
        read = readAnswer(
          await this.queue.complete(repairOf(question, first, read.problem), ANSWER_SCHEMA, signal),
        );
      if ('problem' in read)
        return {
          failure: `${this.queue.name} did not answer in the form that was asked for; choose another model in "earmark.llm.model".`,
        };
      const grounded = checkAnswer(read.answer, window);
      if (grounded.refused > 0 && grounded.items.length + grounded.summary.length === 0)
        return {
          failure: `Nothing that ${this.queue.name} said stands in the transcript; choose another model in "earmark.llm.model".`,
        };
      return { grounded };
    } catch (error) {
      if (signal.aborted) return { failure: `${this.queue.name} took too long.` };
      return { failure: isEarmarkError(error) ? error.message : `${this.queue.name} failed.` };
    }
  }
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
