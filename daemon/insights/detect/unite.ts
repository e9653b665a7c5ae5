/**
 * Unites the turn encoder with the rules: both are evidence for a turn, and an item is shown when
 * their united probability is enough. A finding of the rules on its turns lends text, owner and
 * date.
 */
import type { SegmentText } from '../../transcript/types';
import type { Line } from '../conversation/line';
import type { Finding } from '../discourse/discuss';
import { contentStems } from '../gate/words';
import type { ScoredTurn } from '../contract/turns';
import { hitsOf, type Kind, type RuleHits } from './evidence';
import { itemsOf, type Item, PRIORS } from './items';
import { Meeting } from './meeting';
import { ownerOf } from './owner';
import { quotedTurn } from './quotedTurn';
import { dueOf, type Neighbours } from './dueOfItem';

const KINDS: readonly Kind[] = ['action', 'decision'];
/**
 * In fewer turns the encoder lacks the conversation that it was trained on, so the rules' findings
 * stay: it refused 4 of 14 tasks in texts of one to three lines, and every decision of a live
 * stand-up of 21 turns.
 */
const FEW_TURNS = 30;
/** Turns before the quoted one that may have spoken the words of a finding. */
const TEXT_REACH = 2;

/**
 * @param lines the conversation, in which owner and date are searched
 * @param turns scored turns, the first of `segments`
 * @returns findings of other kinds and of turns without scores unchanged
 */
export function uniteFindings(
  rules: readonly Finding[],
  lines: readonly Line[],
  turns: readonly ScoredTurn[],
  segments: readonly SegmentText[],
): Finding[] {
  const meeting = new Meeting(turns, lines, segments);
  const out = rules.filter(
    ({ kind, evidence }) =>
      (kind !== 'action' && kind !== 'decision') ||
      evidence.some(({ segmentId }) => meeting.turnOf(segmentId) === undefined),
  );
  const kept = new Set(out);
  for (const kind of KINDS) {
    const own = rules.filter((finding) => finding.kind === kind && !kept.has(finding));
    const hits = hitsOf(own, meeting);
    const items = itemsOf(kind, turns, hits);
    const united = new Set(
      items.flatMap(({ core }) => core.flatMap((at) => hits.get(at)?.findings ?? [])),
    );
    const few = turns.length < FEW_TURNS;
    out.push(...own.filter((finding, i) => !united.has(i) && (few || isUnmeasured(kind, finding))));
    items.forEach((item, i) =>
      out.push(
        findingOf(item, own, hits, meeting, {
          after: items[i - 1]?.core.at(-1) ?? -1,
          before: items[i + 1]?.core[0] ?? turns.length,
        }),
      ),
    );
  }
  return out;
}

/**
 * Does a finding rest on a rule that spoke too rarely in the training meetings to be measured, such
 * as "we decided"? Then nothing speaks against the rule.
 */
function isUnmeasured(kind: Kind, { trail = [] }: Finding): boolean {
  return trail.some(({ rule }) => !(rule in PRIORS[kind]));
}

function findingOf(
  item: Item,
  rules: readonly Finding[],
  hits: RuleHits,
  meeting: Meeting,
  around: Neighbours,
): Finding {
  const rule = [item.peak, ...item.core]
    .flatMap((turn) => hits.get(turn)?.findings ?? [])
    .map((i) => rules[i])
    .find((finding) => finding !== undefined);
  const owner = item.kind === 'action' ? ownerOf(item.core, meeting, rule?.owner) : undefined;
  const due = item.kind === 'action' ? dueOf(item.core, meeting, rule?.due, around) : undefined;
  const quoted = quotedTurn(item, meeting);
  return {
    kind: item.kind,
    text: rule && lends(rule, owner, quoted, meeting) ? rule.text : '',
    confidence: item.confidence,
    evidence: meeting.evidenceOf(quoted),
    ...(owner !== undefined && { owner }),
    ...(due !== undefined && { due }),
  };
}

/** A finding follows a matter over many turns; its text fits here if it was spoken close by. */
function lends(rule: Finding, owner: string | undefined, peak: number, meeting: Meeting): boolean {
  if (rule.owner !== undefined && owner !== undefined && rule.owner !== owner) return false;
  const near = meeting.turns.slice(Math.max(0, peak - TEXT_REACH), peak + 1);
  const spoken = contentStems(near.map(({ text }) => text).join(' '));
  const stems = [...contentStems(rule.text)];
  return stems.filter((stem) => spoken.has(stem)).length > stems.length / 2;
}
