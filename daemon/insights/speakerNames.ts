/**
 * Suggests names of speakers from the conversation. "Nina, could you …?" – "Sure" names the speaker
 * who answers, "Thanks, Nina" the previous speaker, "I'm Nina" the current one. A name is suggested
 * only if nothing in the conversation contradicts it.
 */
import type { Line } from './conversation/line';
import { PerLine } from './conversation/perLine';
import type { SpeakerName } from './types';

/** Maximum time from a question to its answer. After a longer silence, anybody may speak. */
const MOST_SILENCE_MS = 4_000;
/** First words of an answer to the previous speaker. */
const ANSWERS =
  /^(?:thanks?|exactly|agreed|right|true|perfect|good|great|nice|sure|yes|yeah|yep|no|nope|well|sorry|hi|hello|hey|welcome|ok|okay)$/;
/** Words of address that are not names. */
const NOBODY = /^(?:(?:no|any|every|some)(?:body|one)|all|folks|guys|people|team)$/i;
/**
 * Weight of each kind of evidence. One answered question is enough; thanks need a second instance.
 */
const ASKED = 1;
const ANSWERED = 0.5;
const INTRODUCED = 2;
const LEAST = 1;
/** Maximum share of the second most likely name of a speaker, or speaker of a name. */
const MOST_RIVAL = 0.5;

interface NameEvidence {
  score: number;
  readonly segmentId: string;
}

/** The named speaker of a line, and the kind of evidence. */
interface Naming {
  /** By the speaker. */
  readonly own: string | undefined;
  readonly called: readonly string[];
  readonly asks: boolean;
  readonly answers: boolean;
}

export class SpeakerNames {
  private readonly namings = new PerLine(namingIn);

  /**
   * @param lines lines of a conversation, in order
   * @param nameless true for a label that is not a person's name
   */
  suggest(lines: readonly Line[], nameless: (speaker: string) => boolean): readonly SpeakerName[] {
    if (!lines.some(({ speaker }) => nameless(speaker))) return [];
    const found = new Map<string, Map<string, NameEvidence>>();
    /** Speakers do not call themselves by name. */
    const calls = new Map<string, Set<string>>();
    const credit = (speaker: string, name: string, score: number, line: Line): void => {
      const names = found.get(speaker) ?? new Map<string, NameEvidence>();
      const known = names.get(name);
      if (known) known.score += score;
      else names.set(name, { score, segmentId: line.evidence[0]?.segmentId ?? '' });
      found.set(speaker, names);
    };
    const namings = this.namings.of(lines);
    for (const [i, line] of lines.entries()) {
      const naming = namings[i];
      if (naming?.own !== undefined) credit(line.speaker, naming.own, INTRODUCED, line);
      for (const name of naming?.called ?? []) {
        calls.set(line.speaker, (calls.get(line.speaker) ?? new Set()).add(name));
        const meant = naming?.asks
          ? { other: neighbour(lines, i, 1), score: ASKED }
          : naming?.answers
            ? { other: neighbour(lines, i, -1), score: ANSWERED }
            : undefined;
        if (meant?.other) credit(meant.other.speaker, name, meant.score, line);
      }
    }
    const possible = new Map(
      [...found].map(([speaker, names]) => [
        speaker,
        [...names]
          .filter(([name]) => !calls.get(speaker)?.has(name))
          .sort(([, a], [, b]) => b.score - a.score),
      ]),
    );
    return [...possible].flatMap(([speaker, [best, second]]) => {
      if (!nameless(speaker) || !best) return [];
      const [name, { score, segmentId }] = best;
      const others = [...possible]
        .filter(([other]) => other !== speaker)
        .flatMap(([, names]) => names.filter(([other]) => other === name));
      const rivals = [...(second ? [second] : []), ...others].map(([, rival]) => rival.score);
      return score < LEAST || rivals.some((rival) => rival > MOST_RIVAL * score)
        ? []
        : [{ speaker, name, segmentId }];
    });
  }
}

/** @returns undefined if nobody is named, as in most lines */
function namingIn(line: Line): Naming | undefined {
  const { clauses } = line;
  const own = introduction(line);
  const called = clauses
    .flatMap(({ vocatives }) => vocatives.map(({ text }) => text))
    .filter((name) => !NOBODY.test(name) && /^\p{Lu}/u.test(name));
  if (own === undefined && called.length === 0) return undefined;
  return {
    own,
    called,
    asks:
      line.mark === '?' ||
      clauses.some(
        ({ question, cues }) => question || cues.some(({ rule }) => rule.kind === 'request'),
      ),
    answers: ANSWERS.test(line.tokens[0]?.norm ?? ''),
  };
}

/** The next line of another speaker in a direction, without a long silence in between. */
function neighbour(lines: readonly Line[], at: number, step: 1 | -1): Line | undefined {
  let i = at + step;
  while (lines[i]?.speaker === lines[at]?.speaker) i += step;
  const [other, own] = [lines[i], lines[i - step]];
  if (!other || !own) return undefined;
  const silentMs = step === 1 ? other.startMs - own.endMs : own.startMs - other.endMs;
  return silentMs <= MOST_SILENCE_MS ? other : undefined;
}

/** The name in "I'm Nina, from support", "this is Nina.", "Nina here". */
function introduction({ text, start, end }: Line): string | undefined {
  const said = text.slice(start, end);
  const name =
    /^(?:\p{L}+, )?(?:I'm|I am|[Mm]y name is|[Tt]his is) (\p{Lu}\p{Ll}+)(?=[,.!]|$| from | here)/u.exec(
      said,
    ) ?? /^(\p{Lu}\p{Ll}+) here(?=[,.!]|$)/u.exec(said);
  return name?.[1] === undefined || NOBODY.test(name[1]) ? undefined : name[1];
}
