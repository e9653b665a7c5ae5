/** Tracks proposals, decisions, rejections, settlements and reversals. */
import type { Cue, ReadClause } from '../cues';
import type { Line } from '../conversation/line';
import { isGeneric } from '../conversation/people';
import type { Evidence } from '../types';
import { common, contentOf, overlap, phrase, sameMatter, sentencePhrase, tidy } from './phrasing';
import { echoOf, proposalOf, reactionTo, haveCommonWord } from './proposals';
import { hasCue } from './tasks';
import { addMark, type Mark } from './trail';

export interface Decision {
  text: string;
  content: ReadonlySet<string>;
  /**
   * A proposal counts after it is settled. A tentative decision is dropped if the next speaker
   * rejects it.
   */
  state: 'proposed' | 'tentative' | 'firm' | 'dropped';
  readonly by: string;
  readonly evidence: Evidence[];
  readonly trail: Mark[];
  /** Proposed to all: "should we …", "I suggest …". */
  readonly forAll?: boolean;
  /** Words whose repetition accepts the proposal. */
  readonly echo?: ReadonlySet<string>;
  /** A short answer that the next sentence may replace with a full text. */
  readonly answer?: boolean;
  weight: number;
  line: number;
  turn: number;
}

/** Weight from which the words alone make a decision firm. */
const FIRM = 0.9;
/** Maximum distance of the proposal that "let's do that" settles, in turns. */
const SETTLE_REACH = 3;
/** "Let's do that" has no content of its own; "let's do that in the new year" has. */
const MAX_BARE = 5;
const AUXILIARY = /^(?:do|does|did|are|is|should|shall|can|will|would|could)$/;
/** Sentences after "We decided." in which the same speaker states the decision. */
const ANNOUNCED_REACH = 2;
/** Turns from a question to the statement that settles it. */
const CONFIRM_REACH = 4;
/** Turns from a proposal to its answer. Other speakers may comment in between. */
const REACTION_REACH = 3;
/** Turns from "what do we do about it?" to the answer. */
const ANSWER_REACH = 2;
/** Turns from an accepted proposal to "okay, so we …". */
const CONCLUDE_REACH = 2;
/** Maximum number of words of an answer that accepts a proposal. */
const MAX_ECHO = 8;
/** Weight of an accepted proposal. */
const AGREED = 0.65;
const CONFIRMING = new Set([
  'okay',
  'so',
  'then',
  'right',
  'fine',
  'good',
  'agreed',
  'great',
  'alright',
  'deal',
]);
/** Turns within which the same matter is the same decision. */
const MERGE_REACH = 40;

export class DecisionTracker {
  /**
   * "We decided." without the decision yet. A pause, or a recogniser's full stop, separated them.
   */
  private announced: { readonly line: Line; readonly weight: number } | undefined;

  private before: Line | undefined;
  /** The last questions, newest first. */
  private questions: readonly {
    readonly content: ReadonlySet<string>;
    readonly text: string;
    readonly yesOrNo: boolean;
    readonly deliberates: boolean;
    readonly by: string;
    readonly turn: number;
  }[] = [];

  constructor(readonly all: Decision[] = []) {}

  copy(): DecisionTracker {
    const copy = new DecisionTracker(
      this.all.map((decision) => ({
        ...decision,
        evidence: [...decision.evidence],
        trail: [...decision.trail],
      })),
    );
    copy.announced = this.announced;
    copy.before = this.before;
    copy.questions = this.questions;
    return copy;
  }

  step(line: Line): void {
    this.follow(line);
    this.remember(line);
  }

  private follow(line: Line): void {
    if (this.stepAnnounced(line)) return;
    line.clauses.forEach((clause, at) => {
      if (at === 0) this.stepReaction(line, clause);
      if (this.stepSettle(line, clause)) return;
      if (!this.stepDecide(line, clause)) this.stepPropose(line, clause);
    });
  }

  private stepDecide(line: Line, clause: ReadClause): boolean {
    const cue = clause.cues
      .filter(({ rule, marked }) => rule.kind === 'decide' && (marked || this.afterAgreement(line)))
      .sort((a, b) => b.rule.weight - a.rule.weight)[0];
    if (!cue) return this.stepConfirm(line, clause);
    if (clause.question || this.blocked(clause, cue)) return false;
    const [from, to] = this.span(clause, cue);
    const content = contentOf(clause, from, to);
    if (cue.rule.id === 'decide.said' && saysNoMatter(clause, from, to)) {
      this.announced = { line, weight: cue.rule.weight };
      return true;
    }
    const text = this.text(line, clause, cue, from, to);
    if (text === '') return false;
    if (cue.rule.id === 'decide.notNow') return this.stepNotNow(line, clause, cue);
    if (content.size === 0 && cue.rule.id !== 'decide.itIs')
      return this.settleWith(line, clause, cue);
    const echo = echoOf(clause);
    const concludes = clause.words.slice(0, clause.core).some(({ norm }) => CONFIRMING.has(norm));
    const same = this.latest(
      (decision) =>
        decision.state !== 'dropped' &&
        decision.state !== 'proposed' &&
        ((decision.echo !== undefined &&
          line.turn > decision.turn &&
          ((concludes && line.turn - decision.turn <= CONCLUDE_REACH) ||
            (line.turn - decision.turn <= CONFIRM_REACH && haveCommonWord(echo, decision.echo)))) ||
          (decision.answer === true && decision.turn === line.turn) ||
          (line.turn - decision.turn <= MERGE_REACH && sameMatter(content, decision.content)) ||
          (line.turn - decision.turn <= 2 && overlap(content, decision.content) >= 0.4)),
    );
    if (same) {
      if (cue.rule.weight >= same.weight || line.turn - same.turn > 2)
        Object.assign(same, { text, content });
      same.weight = Math.max(same.weight, cue.rule.weight);
      if (cue.rule.weight >= FIRM) same.state = 'firm';
      // A mere proposal is not evidence of a decision that is stated later.
      if (same.forAll || same.echo) same.evidence.length = 0;
      this.touch(same, line, cue.rule.id);
      return true;
    }
    this.add(line, cue.rule.id, {
      text,
      content,
      weight: cue.rule.weight,
      state: cue.rule.weight >= FIRM ? 'firm' : 'tentative',
    });
    return true;
  }

  /**
   * "Do they join the rotation?" "Not in the first three months." The next sentence may give a
   * better text.
   */
  private stepNotNow(line: Line, clause: ReadClause, cue: Cue): boolean {
    const asked = this.questions.find(
      ({ turn, by, yesOrNo }) =>
        yesOrNo && line.turn - turn <= 1 && (by !== line.speaker || isGeneric(by)),
    );
    if (!asked) return false;
    const text = `${asked.text.slice(0, 1).toUpperCase()}${asked.text.slice(1)}? ${phrase(line, clause, clause.core, clause.words.length)}`;
    this.add(line, cue.rule.id, {
      text,
      content: asked.content,
      weight: cue.rule.weight,
      state: 'tentative',
      answer: true,
    });
    return true;
  }

  /** After "We decided.", the same speaker's next sentence is the decision. */
  private stepAnnounced(line: Line): boolean {
    const announced = this.announced;
    if (!announced || announced.line === line) return false;
    const clause = line.clauses[0];
    const over =
      line.speaker !== announced.line.speaker ||
      line.index - announced.line.index > ANNOUNCED_REACH;
    if (over) this.announced = undefined;
    if (
      over ||
      !clause ||
      clause.question ||
      clause.cues.some(({ rule, marked }) => rule.kind === 'decide' && marked)
    )
      return false;
    const last = line.clauses[line.clauses.length - 1] ?? clause;
    const content = contentOf(clause, clause.core, clause.words.length);
    if (content.size < 2) return false;
    this.announced = undefined;
    const text =
      last === clause
        ? phrase(line, clause, clause.core, clause.words.length)
        : sentencePhrase(line);
    this.add(line, 'decide.said', {
      text,
      content,
      weight: announced.weight,
      state: announced.weight >= FIRM ? 'firm' : 'tentative',
    });
    const made = this.all[this.all.length - 1];
    if (made)
      for (const evidence of announced.line.evidence)
        if (!made.evidence.includes(evidence)) made.evidence.unshift(evidence);
    return true;
  }

  /** "Fair. We keep it closed": a short yes directly before a statement marks it as agreed. */
  private afterAgreement(line: Line): boolean {
    const { before } = this;
    return (
      before !== undefined &&
      before.turn === line.turn &&
      before.index === line.index - 1 &&
      before.mark !== '?' &&
      before.clauses.length === 1 &&
      (before.clauses[0]?.words.length ?? 0) <= 4 &&
      hasCue(before.clauses[0]!, 'agree', 'accept', 'settle') !== undefined
    );
  }

  /**
   * "Should it follow the system?" … "Okay, it follows the system": a statement repeats a question
   * and settles it.
   */
  private stepConfirm(line: Line, clause: ReadClause): boolean {
    const { modes } = clause;
    if (this.stepEcho(line, clause)) return true;
    const opens = clause.words.slice(0, clause.core).some(({ norm }) => CONFIRMING.has(norm));
    if (
      !opens ||
      clause.question ||
      modes.has('past') ||
      modes.has('hypothetical') ||
      modes.has('joke') ||
      modes.has('vague') ||
      clause.words.length - clause.core < 4
    )
      return false;
    if (
      hasCue(
        clause,
        'commit',
        'take',
        'offer',
        'request',
        'imperative',
        'assign',
        'need',
        'handOver',
        'propose',
        'dueChange',
        'cancel',
      )
    )
      return false;
    const content = contentOf(clause, clause.core, clause.words.length);
    const pronoun = /^(?:i|you|he|she|there|that)$/.test(clause.words[clause.core]?.norm ?? '');
    const proposed = pronoun
      ? undefined
      : this.latest(
          ({ state, forAll, turn, content: other }) =>
            (state === 'proposed' || (state === 'tentative' && forAll === true)) &&
            line.turn - turn <= CONFIRM_REACH &&
            common(content, other) >= 1 &&
            overlap(content, other) >= 0.6,
        );
    if (proposed) {
      Object.assign(proposed, {
        text: phrase(line, clause, clause.core, clause.words.length),
        content,
        weight: 0.7,
        state: 'tentative',
      });
      proposed.evidence.length = 0;
      this.touch(proposed, line, 'confirm');
      return true;
    }
    const asked = this.questions.find(
      ({ content: other, turn }) =>
        line.turn - turn <= CONFIRM_REACH &&
        common(content, other) >= 2 &&
        overlap(content, other) >= 0.6,
    );
    if (
      !asked ||
      /^(?:i|you|he|she|they|it|there|that)$/.test(clause.words[clause.core]?.norm ?? '')
    )
      return false;
    this.add(line, 'confirm.question', {
      text: phrase(line, clause, clause.core, clause.words.length),
      content,
      weight: 0.65,
      state: 'tentative',
    });
    return true;
  }

  /**
   * "North side only." after "then only the north side?": a few words that repeat a proposal settle
   * it.
   */
  private stepEcho(line: Line, clause: ReadClause): boolean {
    const { modes, words, core } = clause;
    if (
      clause.question ||
      modes.has('past') ||
      modes.has('hypothetical') ||
      modes.has('joke') ||
      modes.has('negated') ||
      words.length - core > MAX_ECHO
    )
      return false;
    if (
      hasCue(
        clause,
        'commit',
        'take',
        'offer',
        'request',
        'imperative',
        'assign',
        'need',
        'handOver',
        'propose',
        'dueChange',
        'cancel',
        'reject',
      )
    )
      return false;
    const echo = echoOf(clause);
    const proposed = this.latest(
      ({ state, turn, echo: other }) =>
        (state === 'proposed' || state === 'tentative') &&
        other !== undefined &&
        turn < line.turn &&
        line.turn - turn <= CONFIRM_REACH &&
        haveCommonWord(echo, other),
    );
    if (!proposed) return false;
    proposed.state = 'tentative';
    proposed.weight = Math.max(proposed.weight, 0.7);
    const said = phrase(line, clause, core, clause.words.length);
    if (echo.size >= (proposed.echo?.size ?? 0))
      Object.assign(proposed, {
        text: said,
        content: contentOf(clause, core, clause.words.length),
        echo,
      });
    proposed.evidence.length = 0;
    this.touch(proposed, line, 'echo');
    return true;
  }

  private remember(line: Line): void {
    this.before = line;
    for (const clause of line.clauses)
      if (clause.question)
        this.questions = [
          {
            content: contentOf(clause, clause.core, clause.words.length),
            text: tidyQuestion(line, clause),
            yesOrNo: AUXILIARY.test(clause.words[clause.core]?.norm ?? ''),
            deliberates: hasCue(clause, 'deliberate') !== undefined,
            by: line.speaker,
            turn: line.turn,
          },
          ...this.questions,
        ].slice(0, 4);
  }

  private stepPropose(line: Line, clause: ReadClause): void {
    const asked = this.questions[0];
    const made = proposalOf(
      line,
      clause,
      asked !== undefined &&
        asked.deliberates &&
        asked.by !== line.speaker &&
        line.turn - asked.turn <= ANSWER_REACH,
    );
    if (!made) return;
    const { from, to, weight, forAll } = made;
    const echo = echoOf(clause);
    // "Every day?" after "one every day" asks for confirmation.
    if (
      made.piece &&
      clause.question &&
      this.before !== undefined &&
      this.before.turn < line.turn &&
      this.before.clauses.some((one) => haveCommonWord(echo, echoOf(one)))
    )
      return;
    // A repetition in other words by another speaker is agreement, not a new proposal.
    const known = this.latest(
      ({ state, turn, echo: other }) =>
        (state === 'proposed' || state === 'tentative') &&
        other !== undefined &&
        turn < line.turn &&
        line.turn - turn <= CONFIRM_REACH &&
        haveCommonWord(echo, other),
    );
    if (known && !clause.question) {
      if (known.by !== line.speaker) this.agree(known, line);
      return;
    }
    this.add(line, 'propose', {
      text: phrase(line, clause, from, to),
      content: contentOf(clause, from, to),
      weight,
      state: 'proposed',
      forAll,
      echo,
    });
  }

  /**
   * Evaluates the first words of a new turn: they reject the last proposal, agree to it, or leave
   * it open.
   */
  private stepReaction(line: Line, clause: ReadClause): void {
    if (hasCue(clause, 'poll')) return this.stepPoll(line);
    const last = this.latest(
      ({ state, turn, by }) =>
        (state === 'proposed' || state === 'tentative') &&
        turn < line.turn &&
        line.turn - turn <= REACTION_REACH &&
        (by !== line.speaker || isGeneric(line.speaker)),
    );
    if (!last) return;
    const near = line.turn - last.turn <= 1;
    // Another question came in between. A yes may answer that question.
    const asked = this.questions[0];
    const parted = asked !== undefined && asked.turn > last.turn && asked.turn < line.turn;
    const reaction = reactionTo(last.echo ?? last.content, line, clause);
    if (reaction === 'reject' && (near || last.state === 'proposed')) last.state = 'dropped';
    else if (
      reaction === 'assent' ? near || !parted : reaction === 'nod' && last.forAll === true && near
    )
      this.agree(last, line);
  }

  private agree(last: Decision, line: Line): void {
    addMark(last.trail, 'assent', line);
    last.weight = Math.min(0.95, Math.max(last.weight + 0.15, AGREED));
    // "Good idea, I'll do that" creates a task.
    const taken = line.clauses.some(
      (clause) => hasCue(clause, 'commit', 'take', 'request') !== undefined,
    );
    if (last.state === 'proposed' && !taken) last.state = 'tentative';
  }

  /** "Any objections?", "Everyone okay with that?": puts the last proposal to all. */
  private stepPoll(line: Line): void {
    const last = this.latest(
      ({ state, turn }) => state === 'proposed' && line.turn - turn <= REACTION_REACH,
    );
    if (last) Object.assign(last, { forAll: true, turn: line.turn });
  }

  private stepSettle(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'settle');
    if (!cue || clause.modes.has('past')) return false;
    return this.settleWith(line, clause, cue);
  }

  private settleWith(line: Line, clause: ReadClause, cue: Cue): boolean {
    const words = phrase(line, clause, clause.core, clause.words.length);
    return this.settleLast(
      line,
      cue.rule.weight,
      clause.words.length - clause.core > MAX_BARE ? words : undefined,
    );
  }

  /** "That's settled", "let's do that": confirms the last decision or proposal. */
  private settleLast(line: Line, weight: number, words?: string): boolean {
    const last = this.latest(
      ({ state, turn }) => state !== 'dropped' && line.turn - turn <= SETTLE_REACH,
    );
    if (!last) return false;
    if (words !== undefined && (last.state === 'proposed' || last.echo !== undefined)) {
      last.text = `${last.text}: ${words.slice(0, 1).toLowerCase()}${words.slice(1)}`;
      last.evidence.length = 0;
    }
    last.state = 'firm';
    last.weight = Math.max(last.weight, weight);
    this.touch(last, line, 'settle');
    return true;
  }

  private blocked(clause: ReadClause, cue: Cue): boolean {
    const { modes } = clause;
    if (
      modes.has('joke') ||
      modes.has('hypothetical') ||
      modes.has('reported') ||
      modes.has('past')
    )
      return true;
    if (cue.rule.id === 'decide.weDo' && (modes.has('general') || modes.has('conditional')))
      return true;
    if (cue.rule.kind === 'decide' && cue.rule.weight < FIRM && modes.has('housekeeping'))
      return true;
    const moves = hasCue(clause, 'dueChange') !== undefined && clause.due.some(({ weak }) => !weak);
    return (
      moves ||
      hasCue(clause, 'take', 'commit', 'handOver') !== undefined ||
      (clause.vocatives.length > 0 && hasCue(clause, 'request') !== undefined)
    );
  }

  private span(clause: ReadClause, cue: Cue): readonly [number, number] {
    const whole: readonly [number, number] = [clause.core, clause.words.length];
    if (cue.rule.id !== 'decide.said') return whole;
    const [start, to] = cue.match.task ?? whole;
    let from = start;
    while (
      from < to - 1 &&
      /^(?:that|to|on|for|upon|decided|agreed)$/.test(clause.words[from]?.norm ?? '')
    )
      from++;
    return [from, to];
  }

  private text(line: Line, clause: ReadClause, cue: Cue, from: number, to: number): string {
    const letUs = clause.words[from]?.norm === 'let' && clause.words[from + 1]?.norm === 'us';
    const weDo =
      /^decide\.we/.test(cue.rule.id) &&
      clause.words[from]?.norm === 'we' &&
      !/^(?:will|are|am)$/.test(clause.words[from + 1]?.norm ?? '');
    const itIs =
      cue.rule.id === 'decide.itIs'
        ? clause.words.findIndex(
            ({ norm }, i) => i > from && norm === 'it' && clause.words[i + 1]?.norm === 'is',
          )
        : -1;
    const text = phrase(
      line,
      clause,
      letUs ? from + 2 : weDo ? from + 1 : from,
      itIs > from ? itIs : to,
    );
    if (itIs <= from) return text;
    const topic = this.topic(line, contentOf(clause, from, to));
    return topic ? `${topic}: ${text[0]?.toLowerCase() ?? ''}${text.slice(1)}` : text;
  }

  /** "Fifteen minutes it is" needs a topic. The topic is in the question before. */
  private topic(line: Line, content: ReadonlySet<string>): string | undefined {
    const asked = this.latest(
      ({ state, turn, content: other }) =>
        state === 'proposed' && line.turn - turn <= 6 && overlap(content, other) === 0,
    );
    return asked && tidy(asked.text.split(',')[0] ?? '');
  }

  private add(
    line: Line,
    rule: string,
    made: Pick<Decision, 'text' | 'content' | 'weight' | 'state' | 'forAll' | 'answer' | 'echo'>,
  ): void {
    const decision: Decision = {
      ...made,
      by: line.speaker,
      evidence: [],
      trail: [],
      line: line.index,
      turn: line.turn,
    };
    this.all.push(decision);
    this.touch(decision, line, rule);
  }

  private touch(decision: Decision, line: Line, rule: string): void {
    addMark(decision.trail, rule, line);
    decision.line = line.index;
    decision.turn = line.turn;
    for (const evidence of line.evidence)
      if (
        !decision.evidence.some(
          (other) => other.segmentId === evidence.segmentId && other.quote === evidence.quote,
        )
      )
        decision.evidence.push(evidence);
  }

  private latest(accepts: (decision: Decision) => boolean): Decision | undefined {
    return this.all.findLast(accepts);
  }
}

/** "Do they join the rotation?" as the topic of an answer: "they join the rotation". */
function tidyQuestion(line: Line, clause: ReadClause): string {
  const from = clause.core + (AUXILIARY.test(clause.words[clause.core]?.norm ?? '') ? 1 : 0);
  const text = phrase(line, clause, from, clause.words.length);
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/**
 * True for "we decided", "then we agreed that": the words announce a decision without its content.
 */
function saysNoMatter(clause: ReadClause, from: number, to: number): boolean {
  return [...contentOf(clause, from, to)].every((word) =>
    /^(?:decide|agree|settle)(?:d)?$/.test(word),
  );
}
