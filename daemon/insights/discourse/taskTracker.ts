/**
 * Tracks commitments, requests, assignments, date changes and cancellations of work, line by line.
 */
import type { Cue, ReadClause } from '../cues';
import type { Line } from '../conversation/line';
import { isGeneric, type People } from '../conversation/people';
import type { ModeKind } from '../rules/types';
import { contentOf, nounCount, phrase, pointsBack } from './phrasing';
import { CORRECTION_REACH, DateCorrections } from './dateCorrections';
import { Roles } from './roles';
import { duePhrase, hasCue, setDue, TaskList, type Task } from './tasks';

const YES = new Set([
  'yes',
  'sure',
  'okay',
  'absolutely',
  'definitely',
  'fine',
  'course',
  'deal',
  'gladly',
  'certainly',
  'right',
  'understood',
  'cool',
  'great',
  'perfect',
]);
/** Answers to a bare order or question. "great" may comment on something else. */
const PLAIN_YES = new Set([
  'yes',
  'sure',
  'okay',
  'absolutely',
  'definitely',
  'course',
  'gladly',
  'certainly',
]);
const NO = new Set(['no', 'sorry', 'unfortunately']);
/** Number of lines kept for references to earlier lines. */
const WINDOW = 32;
/** Turns within which thanks or a name may still identify the owner. */
const THANKS_REACH = 2;

/** Words of the cancellation itself. */
const CANCELLING: readonly string[] = [
  'forget',
  'scratch',
  'scrap',
  'skip',
  'cancel',
  'drop',
  'need',
  'bother',
  'worry',
  'hold',
  'mind',
  'necessary',
  'wait',
  'obsolete',
];

/** Modes that block each kind of cue. */
const BLOCKED_BY: Readonly<Record<string, readonly ModeKind[]>> = {
  commit: ['housekeeping', 'vague', 'joke', 'hypothetical', 'reported'],
  offer: ['housekeeping', 'vague', 'joke', 'hypothetical'],
  take: ['joke', 'hypothetical', 'vague', 'reported', 'past'],
  request: ['housekeeping', 'vague', 'joke', 'reported'],
  'request.you': [
    'housekeeping',
    'vague',
    'joke',
    'reported',
    'general',
    'hypothetical',
    'past',
    'conditional',
    'negated',
  ],
  imperative: ['housekeeping', 'vague', 'joke', 'general', 'negated'],
  need: ['past', 'hypothetical', 'joke', 'general', 'reported', 'vague'],
  who: ['past', 'hypothetical', 'joke', 'housekeeping'],
  assign: ['past', 'hypothetical', 'joke', 'general', 'reported', 'vague', 'housekeeping'],
};

/**
 * Number of words that speak of the memory and not of the task: "remember to", "not forget to". The
 * `n't` of "mustn't" is a word of its own.
 */
function remembering(clause: ReadClause, at: number): number {
  const norms = clause.words.slice(at, at + 3).map(({ norm }) => norm);
  const opening = norms[0] === 'not' ? 'not forget to' : 'remember to';
  const length = opening.split(' ').length;
  return norms.slice(0, length).join(' ') === opening ? length : 0;
}

export class TaskTracker {
  list = new TaskList();
  private accepted: Task | undefined;
  private dates = new DateCorrections(this.list);
  private turn = -1;
  /** The last lines, enough for references a few turns back. */
  private lines: Line[] = [];

  private readonly roles: Roles;

  constructor(
    private readonly people: People,
    private readonly speakers: readonly string[],
  ) {
    this.roles = new Roles(people, speakers, () => this.lines);
  }

  step(line: Line): void {
    if (line.turn !== this.turn) {
      this.turn = line.turn;
      this.accepted = undefined;
    }
    this.lines.push(line);
    if (this.lines.length > 2 * WINDOW) this.lines = this.lines.slice(-WINDOW);
    const pending = this.list.pending(line);
    this.stepCall(line);
    line.clauses.forEach((clause, at) =>
      this.stepClause(
        line,
        clause,
        at === 0 || (at === 1 && leadsIn(line.clauses[0])) ? pending : undefined,
      ),
    );
  }

  copy(): TaskTracker {
    const copy = new TaskTracker(this.people, this.speakers);
    const { list, of } = this.list.copy();
    copy.list = list;
    copy.accepted = of(this.accepted);
    copy.dates = this.dates.copy(list, of);
    copy.turn = this.turn;
    copy.lines = [...this.lines];
    return copy;
  }

  private stepClause(line: Line, clause: ReadClause, pending: Task | undefined): void {
    if (this.dates.change(line, clause)) return;
    if (this.stepCancel(line, clause)) return;
    if (pending && this.mayAnswer(line, pending)) this.stepAnswer(line, clause, pending);
    if (this.stepBareRequest(line, clause) || this.stepHandOver(line, clause)) return;
    if (hasCue(clause, 'dueConfirm') && this.dates.confirm(line, clause)) return;
    if (this.stepCommit(line, clause)) return;
    if (this.stepRequest(line, clause)) return;
    if (this.stepAssign(line, clause)) return;
    this.stepNeed(line, clause);
    this.stepThanks(line, clause);
    this.dates.confirm(line, clause);
    this.stepNoted(line, clause);
  }

  /**
   * Only another speaker answers. Under a label for several people, that speaker may have the same
   * label. "Ben, can you?" followed at once by "Sure" has two speakers, even if diarization found
   * only one.
   */
  private mayAnswer(line: Line, pending: Task): boolean {
    const at = line.clauses[0];
    const unheard =
      line.index === pending.line + 1 &&
      pending.addressee !== undefined &&
      at !== undefined &&
      (hasCue(at, 'accept', 'offer', 'take') !== undefined || at.core === 0) &&
      YES.has(at.words[0]?.norm ?? '');
    return line.speaker !== pending.by || isGeneric(line.speaker) || unheard;
  }

  /** A name alone, as a question: the person asked before declined. */
  private stepCall(line: Line): void {
    const called = line.clauses.flatMap(({ vocatives }) => vocatives)[0];
    if (!called || line.mark !== '?' || line.clauses.some(({ words }) => words.length > 0)) return;
    const task = this.list.near(line, ['floating', 'asked'], 2);
    if (task)
      Object.assign(task, {
        state: 'asked',
        addressee: this.people.show(called),
        by: line.speaker,
        declined: false,
        turn: line.turn,
      });
  }

  /** "Would you?" after "somebody should …" is a request for that work. */
  private stepBareRequest(line: Line, clause: ReadClause): boolean {
    if (
      !clause.question ||
      !/^(?:would|could|can|will) you(?: do (?:it|that))?$/.test(
        clause.words
          .slice(clause.core)
          .map(({ norm }) => norm)
          .join(' '),
      )
    )
      return false;
    const task = this.list.near(line, ['floating'], 2);
    if (!task) return false;
    Object.assign(task, {
      state: 'asked',
      addressee: this.roles.vocative(line, clause) ?? this.roles.impliedAddressee(line),
      by: line.speaker,
      strong: true,
    });
    this.list.touch(task, line, 'bareRequest');
    return true;
  }

  private stepAnswer(line: Line, clause: ReadClause, pending: Task): void {
    const first = this.lines.findLast(({ turn }) => turn !== line.turn)?.index ?? -1;
    if (line.index - Math.max(first, pending.line) > 2) return;
    const lead = clause.words.slice(0, clause.core + 1).map(({ norm }) => norm);
    const butNo =
      hasCue(clause, 'accept.gladly') !== undefined &&
      line.clauses[line.clauses.indexOf(clause) + 1]?.link === 'but';
    const declines =
      butNo ||
      hasCue(clause, 'decline') !== undefined ||
      (lead.some((word) => NO.has(word)) && !hasCue(clause, 'accept'));
    const accepts =
      hasCue(clause, 'accept') !== undefined ||
      lead.some((word) => (pending.strong || pending.offered ? YES : PLAIN_YES).has(word));
    if (declines) {
      pending.state = pending.offered ? 'dropped' : 'floating';
      pending.strong = false;
      pending.declined = true;
      pending.addressee = undefined;
      pending.turn = line.turn;
    } else if (accepts && !clause.question && !clause.modes.has('housekeeping')) {
      pending.state = 'open';
      pending.owner = pending.offered
        ? pending.by
        : line.speaker === pending.by
          ? (pending.addressee ?? line.speaker)
          : this.roles.ownerOf(line, pending.addressee);
      pending.weight = Math.max(pending.weight, 0.85);
      setDue(pending, duePhrase(line, clause), true);
      this.list.touch(pending, line, 'accept');
      this.accepted = pending;
    }
  }

  private stepCommit(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'take', 'commit', 'offer');
    if (!cue || this.blocked(clause, cue) || this.isConditional(line, clause)) return false;
    const [from, to] = this.taskWords(clause, cue);
    const content = contentOf(clause, from, to);
    const back =
      content.size === 0 || (pointsBack(clause, from, to) && nounCount(clause, from, to) <= 1);
    if (clause.link === 'because' && cue.rule.id === 'commit.must') return false;
    const dated = clause.due.some(({ weak }) => !weak);
    const asked = cue.rule.id === 'offer.question';
    const tentative = cue.rule.kind === 'offer';
    const target = this.commitTarget(line, clause, cue, content, back);
    if (asked) {
      if (!target)
        this.create(line, clause, cue, {
          from,
          to,
          content,
          state: 'asked',
          offered: true,
          strong: false,
        });
      return true;
    }
    // An undated "I can …" needs a yes, like a question.
    if (!target && tentative && !dated)
      return (
        cue.rule.id === 'offer.can' &&
        nounCount(clause, from, to) > 0 &&
        this.create(line, clause, cue, {
          from,
          to,
          content,
          state: 'asked',
          offered: true,
          strong: false,
        }) !== undefined
      );
    if (target) {
      this.takeOver(target, line, clause, cue);
      if (content.size > target.content.size && target.content.size <= 1)
        this.rephrase(target, line, clause, from, to, content);
      return true;
    }
    const owner = this.roles.ownerOf(line, this.roles.impliedSpeaker(line));
    return (
      this.create(line, clause, cue, { from, to, content, state: 'open', owner, strong: true }) !==
      undefined
    );
  }

  /** The words of the task; "take it off the page" keeps its verb. */
  private taskWords(clause: ReadClause, cue: Cue): readonly [number, number] {
    const [start, to] = cue.match.task ?? [cue.match.end, clause.words.length];
    const from = start + remembering(clause, start);
    const before = clause.words[from - 1];
    const keeps =
      cue.rule.id === 'commit.swallowed' ||
      (cue.rule.id === 'commit.dated' && before?.norm.endsWith('ing'));
    return keeps || /^(?:take|own|grab|pick|handle|do|have)$/.test(before?.norm ?? '')
      ? [from - 1, to]
      : [from, to];
  }

  private takeOver(target: Task, line: Line, clause: ReadClause, cue: Cue): void {
    const wasAccepted = target === this.accepted;
    const instead = clause.words.some(({ norm }) => norm === 'myself');
    target.owner = instead
      ? line.speaker
      : wasAccepted && line.speaker === target.by
        ? target.owner
        : this.roles.ownerOf(
            line,
            wasAccepted ? target.owner : (target.addressee ?? this.roles.impliedSpeaker(line)),
          );
    target.state = 'open';
    target.strong = true;
    target.weight = Math.max(target.weight, 0.85);
    setDue(target, duePhrase(line, clause), true);
    this.list.touch(target, line, cue.rule.id);
    if (wasAccepted) this.accepted = undefined;
  }

  private commitTarget(
    line: Line,
    clause: ReadClause,
    cue: Cue,
    content: ReadonlySet<string>,
    back: boolean,
  ): Task | undefined {
    const similar = this.list.similar(content, line);
    if (
      this.accepted &&
      (back ||
        similar === this.accepted ||
        this.accepted.line === line.index ||
        cue.rule.id === 'commit.willHave')
    )
      return this.accepted;
    if (
      similar &&
      (similar.owner === undefined ||
        similar.owner === line.speaker ||
        line.turn - similar.turn <= 6 ||
        isGeneric(similar.owner))
    )
      return similar;
    const [from, to] = this.taskWords(clause, cue);
    const points = pointsBack(clause, from, to);
    const asked = this.list.near(line, ['asked'], 1);
    if (asked && points && asked.by !== line.speaker && asked.addressee === line.speaker)
      return asked;
    // "I have to tidy it first. I'll push it tomorrow": one task in two sentences.
    const own = this.lines[this.lines.length - 2];
    const before =
      own && own.turn === line.turn && (points || cue.rule.id === 'commit.willHave')
        ? this.list.latest(
            (task) =>
              task.line === own.index && task.state === 'open' && task.owner === line.speaker,
          )
        : undefined;
    if (before && (back || (cue.rule.id === 'commit.willHave' && !before.due))) return before;
    if (!back) return undefined;
    const near = this.list.near(line, ['asked', 'floating'], 2);
    const takesBack = content.size === 0 || clause.words.some(({ norm }) => norm === 'myself');
    if (
      near &&
      (((near.by !== line.speaker || isGeneric(line.speaker)) && !near.declined) || takesBack) &&
      (!near.question || content.size === 0)
    )
      return near;
    if (content.size > 0) return undefined;
    const open = this.list.near(line, ['floating', 'asked', 'open']);
    // A task that another person took stays with that person.
    return open?.state === 'open' &&
      open.owner !== undefined &&
      open.owner !== line.speaker &&
      !isGeneric(open.owner)
      ? undefined
      : open;
  }

  private create(
    line: Line,
    clause: ReadClause,
    cue: Cue,
    made: {
      from: number;
      to: number;
      content: Set<string>;
      state: Task['state'];
      owner?: string;
      addressee?: string | undefined;
      offered?: boolean;
      strong: boolean;
      question?: boolean;
    },
  ): Task | undefined {
    let { content } = made;
    const named = cue.rule.person === 'addressee' || cue.rule.person === 'nobody';
    let text = phrase(line, clause, made.from, made.to, {
      imperative:
        named ||
        cue.rule.id === 'commit.dated' ||
        cue.rule.kind === 'assign' ||
        /mind/.test(cue.rule.id),
      withoutDue: true,
      you: made.state === 'open' ? this.roles.shownAddressee(line, clause) : undefined,
      me: cue.rule.person === 'addressee' ? this.roles.shownSpeaker(line) : undefined,
    });
    if (content.size === 0) {
      const before = this.antecedent(line, clause);
      if (!before) return undefined;
      content = before.content;
      text = before.text;
    }
    if (text === '') return undefined;
    const { state, owner, addressee, offered = false, strong, question = false } = made;
    return this.list.add(
      {
        text,
        content,
        state,
        strong,
        owner,
        addressee,
        by: line.speaker,
        offered,
        question,
        due: duePhrase(line, clause),
        weight: cue.rule.weight,
      },
      line,
      cue.rule.id,
    );
  }

  /**
   * The referent of "it" if no task was named: the last proposal, otherwise the sentence before.
   */
  private antecedent(
    line: Line,
    here: ReadClause,
  ): { text: string; content: Set<string> } | undefined {
    let plain: { text: string; content: Set<string> } | undefined;
    for (const before of this.lines.slice(-5).reverse()) {
      if (line.turn - before.turn > 2) break;
      for (const clause of before === line
        ? line.clauses.slice(0, line.clauses.indexOf(here))
        : before.clauses) {
        const proposes =
          hasCue(clause, 'propose', 'decide') !== undefined || clause.modes.has('hypothetical');
        const bare =
          /^(?:i|we|you)$/.test(clause.words[clause.core]?.norm ?? '') &&
          /^(?:would|could|should|might|can|need|want)$/.test(
            clause.words[clause.core + 1]?.norm ?? '',
          );
        const from = bare ? clause.core + 2 : clause.core;
        const content = contentOf(clause, from, clause.words.length);
        if (proposes && !clause.question && content.size > 0)
          return { text: phrase(before, clause, from, clause.words.length), content };
        if (!clause.question && content.size >= 2 && before.turn >= line.turn - 1)
          plain ??= { text: phrase(before, clause, from, clause.words.length), content };
      }
    }
    return plain;
  }

  private rephrase(
    task: Task,
    line: Line,
    clause: ReadClause,
    from: number,
    to: number,
    content: Set<string>,
  ): void {
    const text = phrase(line, clause, from, to, { withoutDue: true });
    if (text === '') return;
    task.text = text;
    task.content = content;
  }

  private stepRequest(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'request', 'imperative');
    if (!cue || this.blocked(clause, cue) || clause.link === 'if') return false;
    const [from, to] =
      cue.rule.id === 'imperative.verb'
        ? [clause.core, clause.words.length]
        : (cue.match.task ?? [cue.match.end, clause.words.length]);
    const content = contentOf(clause, from, to);
    const called = this.roles.vocative(line, clause);
    const addressee = called ?? this.roles.impliedAddressee(line);
    const strong =
      called !== undefined || cue.rule.id === 'request.needYou' || cue.rule.id === 'request.please';
    const back =
      content.size === 0 || (pointsBack(clause, from, to) && nounCount(clause, from, to) <= 2);
    const target =
      this.list.similar(content, line, 12) ??
      (back ? this.requestTarget(line, cue, content, addressee) : undefined);
    if (target) {
      const settled = target.state === 'open' && target.owner === addressee;
      if (target.state !== 'open') Object.assign(target, { state: 'asked', by: line.speaker });
      if (!settled) target.addressee = addressee;
      target.strong ||= strong;
      setDue(target, duePhrase(line, clause), false);
      this.list.touch(target, line, cue.rule.id);
      return true;
    }
    if (cue.rule.kind === 'imperative' && !called && content.size === 0) return false;
    return (
      this.create(line, clause, cue, { from, to, content, state: 'asked', addressee, strong }) !==
      undefined
    );
  }

  /**
   * "Can you do that?" refers to a task without an owner. "Please add the numbers to it" refers to
   * the addressee's latest task.
   */
  private requestTarget(
    line: Line,
    cue: Cue,
    content: ReadonlySet<string>,
    addressee: string | undefined,
  ): Task | undefined {
    const floating = this.list.near(line, ['floating', 'asked']);
    if (content.size === 0) return floating ?? this.list.near(line, ['open'], 1);
    const own = cue.rule.id === 'request.please' ? this.list.near(line, ['open'], 1) : undefined;
    return own !== undefined &&
      (own.owner === addressee ||
        (own.owner !== undefined && isGeneric(own.owner) && addressee === undefined))
      ? own
      : undefined;
  }

  private stepAssign(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'assign');
    const name = cue?.match.name === undefined ? undefined : clause.words[cue.match.name];
    if (!cue || !name || this.blocked(clause, cue) || clause.question) return false;
    const [from, to] = cue.match.task ?? [cue.match.end, clause.words.length];
    const content = contentOf(clause, from, to);
    const owner = this.people.show(name);
    const target =
      this.list.similar(content, line, 12) ??
      (content.size === 0 ? this.list.near(line, ['asked', 'floating', 'open']) : undefined);
    if (target) {
      target.owner = owner;
      target.state = 'open';
      setDue(target, duePhrase(line, clause), true);
      this.list.touch(target, line, cue.rule.id);
      return true;
    }
    const certain =
      cue.rule.id === 'assign.will' ||
      (clause.core > 0 &&
        !/^(?:has|gets|keeps)$/.test(clause.words[cue.match.name! + 1]?.norm ?? ''));
    if (!certain || content.size === 0) return false;
    return (
      this.create(line, clause, cue, { from, to, content, state: 'open', owner, strong: true }) !==
      undefined
    );
  }

  private stepHandOver(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'handOver');
    if (cue?.rule.person === 'addressee') return this.stepYours(line, clause);
    const name = cue?.match.name === undefined ? undefined : clause.words[cue.match.name];
    if (!cue || !name || clause.question) return false;
    const target = this.list.near(line, ['asked', 'floating', 'open']);
    if (!target) return false;
    const latest =
      this.list.latest(
        (task) => task.state !== 'dropped' && line.turn - task.turn <= THANKS_REACH,
      ) ?? target;
    latest.owner = this.people.show(name);
    latest.state = 'open';
    latest.strong = true;
    this.list.touch(latest, line, cue.rule.id);
    return true;
  }

  /** "Ben, that's one for you": asks Ben to take the last mentioned task. */
  private stepYours(line: Line, clause: ReadClause): boolean {
    const addressee = this.roles.vocative(line, clause) ?? this.roles.impliedAddressee(line);
    const target = this.list.near(line, ['floating', 'asked']);
    if (!target || addressee === undefined) return false;
    Object.assign(target, { state: 'asked', addressee, by: line.speaker, strong: true });
    this.list.touch(target, line, 'handOver.you');
    return true;
  }

  private stepNeed(line: Line, clause: ReadClause): void {
    const cue = hasCue(clause, 'need', 'who');
    if (!cue || this.blocked(clause, cue) || this.isConditional(line, clause)) return;
    const [from, to] =
      cue.rule.kind === 'who'
        ? [this.whoVerb(clause, cue), clause.words.length]
        : (cue.match.task ?? [cue.match.start, clause.words.length]);
    const content = contentOf(clause, from, to);
    const strong = cue.rule.id === 'need.somebody' || cue.rule.id === 'need.label';
    const target =
      this.list.similar(content, line, 12) ??
      (content.size === 0 ? this.list.near(line, ['floating'], 1) : undefined);
    if (target) {
      target.strong ||= strong;
      if (cue.rule.kind !== 'who') this.list.touch(target, line, cue.rule.id);
      return;
    }
    this.create(line, clause, cue, {
      from,
      to,
      content,
      state: 'floating',
      strong,
      question: cue.rule.kind === 'who',
    });
  }

  /** The verb of "who will rotate …", "who rotates …", "who wants to rotate …". */
  private whoVerb(clause: ReadClause, cue: Cue): number {
    let at = cue.match.start + 1;
    while (
      at < clause.words.length - 1 &&
      /^(?:can|could|will|would|is|wants|want|has|have|going|to|please|now|then)$/.test(
        clause.words[at]?.norm ?? '',
      )
    )
      at++;
    return at;
  }

  private stepThanks(line: Line, clause: ReadClause): void {
    const called = clause.vocatives[0];
    if (!called || !hasCue(clause, 'thank')) return;
    const task = this.list.latest(
      ({ state, turn }) => state === 'open' && line.turn - turn <= THANKS_REACH,
    );
    if (task && (task.owner === undefined || isGeneric(task.owner)))
      task.owner = this.people.show(called);
  }

  private stepNoted(line: Line, clause: ReadClause): void {
    if (!hasCue(clause, 'noted')) return;
    const task = this.list.near(line, ['floating', 'asked'], 2);
    if (!task) return;
    task.strong = true;
    setDue(task, duePhrase(line, clause), false);
    this.list.touch(task, line, 'noted');
  }

  private stepCancel(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'cancel');
    if (!cue || clause.question) return false;
    // "Forget that" refers to the last task; "we don't need a room" names it.
    const content = contentOf(clause, cue.match.start, cue.match.end);
    for (const word of CANCELLING) content.delete(word);
    const task =
      content.size > 0
        ? (this.list.mentioned(content, line, CORRECTION_REACH) ??
          (this.saysIt(clause) ? this.list.near(line, ['asked', 'open'], 2) : undefined))
        : this.list.latest(
            (candidate) => candidate.state !== 'dropped' && line.turn - candidate.turn <= 2,
          );
    if (task && !(content.size === 0 && this.meansAnother(line, clause, task)))
      task.state = 'dropped';
    return true;
  }

  /** "Agreed, we drop it" after another speaker's different matter refers to that matter. */
  private meansAnother(line: Line, clause: ReadClause, task: Task): boolean {
    const together =
      /^(?:we|let)$/.test(clause.words[clause.core]?.norm ?? '') ||
      line.clauses.some(
        (one) => hasCue(one, 'agree') !== undefined || one.words[0]?.norm === 'agreed',
      );
    return (
      together &&
      this.lines.some(
        (before) =>
          before.index > task.line &&
          before.index < line.index &&
          before.clauses.some((one) => {
            const spokenOf = contentOf(one, 0, one.words.length);
            return (
              nounCount(one, 0, one.words.length) > 0 &&
              spokenOf.size >= 2 &&
              ![...spokenOf].some((word) => task.content.has(word))
            );
          }),
      )
    );
  }

  private saysIt(clause: ReadClause): boolean {
    return clause.words
      .slice(clause.core, clause.core + 3)
      .some(({ norm }) => /^(?:it|that|this)$/.test(norm));
  }

  private blocked(clause: ReadClause, cue: Cue): boolean {
    const modes = BLOCKED_BY[cue.rule.id] ?? BLOCKED_BY[cue.rule.kind] ?? [];
    return (
      modes.some((mode) => clause.modes.has(mode)) ||
      (clause.question &&
        cue.rule.kind !== 'request' &&
        cue.rule.kind !== 'who' &&
        cue.rule.kind !== 'need' &&
        cue.rule.id !== 'offer.question')
    );
  }

  /** "If it fails, I'll …" and "I'll … if it fails" depend on an event that may never occur. */
  private isConditional(line: Line, clause: ReadClause): boolean {
    if (
      clause.modes.has('conditional') &&
      !clause.words.some(
        ({ norm }, i) =>
          norm === 'if' &&
          /^(?:check|see|ask|find|test|know|decide|tell|verify|out)$/.test(
            clause.words[i - 1]?.norm ?? '',
          ),
      )
    )
      return true;
    const at = line.clauses.indexOf(clause);
    return line.clauses.some(
      (other, i) =>
        i < at &&
        (other.words[0]?.norm === 'if' || other.words[0]?.norm === 'unless' || other.link === 'if'),
    );
  }
}

/** "Good point, I will": the answer is in the second clause. */
function leadsIn(first: ReadClause | undefined): boolean {
  return (
    first !== undefined &&
    first.words.length <= 2 &&
    !first.question &&
    hasCue(first, 'accept', 'decline') === undefined
  );
}
