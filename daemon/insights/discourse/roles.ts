/**
 * Roles in a conversation: the owner of a statement, the person called by name, the referent of
 * "you".
 */
import type { ReadClause } from '../cues';
import type { Line } from '../conversation/line';
import { isGeneric, type People } from '../conversation/people';

export class Roles {
  /** @param lines the last lines, including the current line */
  constructor(
    private readonly people: People,
    private readonly speakers: readonly string[],
    private readonly lines: () => readonly Line[],
  ) {}

  /** The speaker. If the label stands for several people: the addressee. */
  ownerOf(line: Line, addressee?: string): string {
    return isGeneric(line.speaker) && addressee && !/^you$/i.test(addressee)
      ? addressee
      : line.speaker;
  }

  /** The person called by name in this clause or elsewhere in its sentence. */
  vocative(line: Line, clause: ReadClause): string | undefined {
    const token = clause.vocatives[0] ?? line.clauses.flatMap(({ vocatives }) => vocatives)[0];
    return token && this.people.show(token);
  }

  /**
   * The referent of "you" without a name: the other of two speakers, otherwise the previous
   * speaker.
   */
  impliedAddressee(line: Line): string | undefined {
    const others = this.speakers.filter((speaker) => speaker !== line.speaker);
    if (others.length === 1 && !isGeneric(others[0] ?? '')) return others[0];
    const calledJustBefore = this.lines().findLast(
      ({ turn, clauses }) =>
        turn === line.turn && clauses.some(({ vocatives }) => vocatives.length > 0),
    );
    const called =
      calledJustBefore && calledJustBefore !== line
        ? this.vocative(calledJustBefore, calledJustBefore.clauses[0]!)
        : undefined;
    if (called) return called;
    const before = this.lines().findLast(({ speaker }) => speaker !== line.speaker)?.speaker;
    return before !== undefined && !isGeneric(before) ? before : undefined;
  }

  /** Under a label for several people, the person called just before is the likely speaker. */
  impliedSpeaker(line: Line): string | undefined {
    if (!isGeneric(line.speaker)) return undefined;
    const before = this.lines().filter(({ turn }) => turn === line.turn - 1);
    const called = before.flatMap(({ clauses, mark }) =>
      mark === '?' ? clauses.flatMap(({ vocatives }) => vocatives) : [],
    );
    const last = called[called.length - 1];
    return last && this.people.show(last);
  }

  shownAddressee(line: Line, clause: ReadClause): string | undefined {
    const name = this.vocative(line, clause) ?? this.impliedAddressee(line);
    return name !== undefined && !/^you$/i.test(name) ? name : undefined;
  }

  shownSpeaker(line: Line): string | undefined {
    return isGeneric(line.speaker) || /^you$/i.test(line.speaker) ? undefined : line.speaker;
  }
}
