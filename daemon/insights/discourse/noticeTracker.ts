/** Collects risks and unanswered questions. */
import type { Line } from '../conversation/line';
import { isGeneric } from '../conversation/people';
import type { Evidence } from '../types';
import { contentOf, sameMatter, sentencePhrase } from './phrasing';
import { hasCue } from './tasks';

export interface Notice {
  readonly text: string;
  readonly content: ReadonlySet<string>;
  readonly evidence: readonly Evidence[];
  readonly weight: number;
  readonly line: number;
}

interface Question extends Notice {
  readonly turn: number;
  readonly by: string;
  state: 'waiting' | 'open' | 'answered';
}

const MIN_RISK_WORDS = 4;
/** Maximum number of turns from a question to its answer. */
const ANSWER_REACH = 2;

export class NoticeTracker {
  constructor(
    readonly risks: Notice[] = [],
    private readonly questions: Question[] = [],
  ) {}

  copy(): NoticeTracker {
    return new NoticeTracker(
      [...this.risks],
      this.questions.map((question) => ({ ...question })),
    );
  }

  step(line: Line): void {
    this.stepAnswer(line);
    for (const clause of line.clauses) {
      const content = contentOf(clause, 0, clause.words.length);
      const risk = hasCue(clause, 'risk');
      const { modes } = clause;
      if (
        risk &&
        !modes.has('joke') &&
        !modes.has('past') &&
        clause.words.length >= MIN_RISK_WORDS &&
        !this.risks.some((other) => other.line === line.index || sameMatter(other.content, content))
      ) {
        this.risks.push({
          text: sentencePhrase(line),
          content,
          evidence: line.evidence,
          weight: risk.rule.weight,
          line: line.index,
        });
      }
    }
    this.stepQuestion(line);
  }

  get openQuestions(): readonly Notice[] {
    return this.questions.filter(({ state }) => state === 'open');
  }

  private stepQuestion(line: Line): void {
    const last = line.clauses[line.clauses.length - 1];
    if (!last) return;
    const content = contentOf(last, last.core, last.words.length);
    if (
      line.mark === '?' &&
      content.size >= 2 &&
      !last.modes.has('housekeeping') &&
      !hasCue(last, 'request', 'offer')
    ) {
      this.questions.push({
        text: `${sentencePhrase(line)}?`,
        content,
        evidence: line.evidence,
        weight: 0.6,
        line: line.index,
        turn: line.turn,
        by: line.speaker,
        state: 'waiting',
      });
    }
  }

  /** The next speaker answers the question or leaves it open. */
  private stepAnswer(line: Line): void {
    const waiting = this.questions[this.questions.length - 1];
    const open = line.clauses.some(
      (clause) => hasCue(clause, 'open', 'unsure') && !clause.modes.has('past'),
    );
    if (!waiting || waiting.state === 'answered' || line.turn - waiting.turn > ANSWER_REACH) return;
    if (
      line.turn === waiting.turn ||
      (line.speaker === waiting.by && !isGeneric(line.speaker) && !open)
    )
      return;
    if (open) waiting.state = 'open';
    else if (waiting.state === 'waiting' && line.mark !== '?') waiting.state = 'answered';
  }
}
