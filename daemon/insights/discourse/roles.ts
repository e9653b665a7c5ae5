/** Who speaks to whom: the owner of what is said, the one called out, whom "you" means. */
import type { ReadClause } from '../cues';
import type { Line } from '../conversation';
import { isGeneric, type People } from '../people';

export class Roles {
  /** @param lines the last lines, the present one included */
  constructor(
    private readonly people: People,
    private readonly speakers: readonly string[],
    private readonly lines: () => readonly Line[],
  ) {}

  /** The speaker; where the label stands for several people, the one who was spoken to. */
  ownerOf(line: Line, addressee?: string): string {
    return isGeneric(line.speaker) && addressee && !/^you$/i.test(addressee)
      ? addressee
      : line.speaker;
  }

  /** The one called out in this clause or alone in its sentence. */
  vocative(line: Line, clause: ReadClause): string | undefined {
    const token = clause.vocatives[0] ?? line.clauses.flatMap(({ vocatives }) => vocatives)[0];
    return token && this.people.show(token);
  }

  /** Whom "you" means without a name: the other of two, else whoever spoke before. */
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

  /** Under a label for several people, the one who was called just before is likely to speak. */
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
