/**
 * Unites the items of the turn encoder with the findings of the rules. The encoder decides what is
 * an item; a finding of the rules on its turns lends text, owner and date, and raises its score.
 */
import type { SegmentText } from '../../transcript/types';
import type { DetectedItem } from '../contract/turns';
import type { Line } from '../conversation';
import type { Finding } from '../discourse/discuss';
import type { ScoredTurn } from './acts';
import { itemsOf, type Kind, type RuleHits } from './items';
import { Meeting } from './meeting';
import { ownerOf } from './owner';
import { dueOf, type Neighbours } from './dueOfItem';
import { quoteOf } from './quote';

const KINDS: readonly Kind[] = ['action', 'decision'];
/** Fewer turns give the encoder too little context: it was trained on whole meetings. */
const CONTEXT_TURNS = 30;

/**
 * @param lines the conversation, in which owner and date are searched
 * @param turns scored turns, the first of `segments`
 * @returns findings of other kinds unchanged, actions and decisions by the encoder; a short
 * conversation keeps the rules' findings too
 */
export function uniteFindings(
  rules: readonly Finding[],
  lines: readonly Line[],
  turns: readonly ScoredTurn[],
  segments: readonly SegmentText[],
): Finding[] {
  const meeting = new Meeting(turns, lines, segments);
  const covered = new Set(turns.map(({ segmentId }) => segmentId));
  const out = rules.filter(
    ({ kind, evidence }) =>
      (kind !== 'action' && kind !== 'decision') ||
      evidence.some(({ segmentId }) => !covered.has(segmentId)),
  );
  for (const kind of KINDS) {
    const own = rules.filter((finding) => finding.kind === kind && !out.includes(finding));
    const hits = hitsOf(own, meeting);
    const items = itemsOf(kind, turns, hits);
    if (turns.length < CONTEXT_TURNS) {
      const united = new Set(items.flatMap(({ core }) => core.flatMap((at) => hits.get(at) ?? [])));
      out.push(...own.filter((_, i) => !united.has(i)));
    }
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

/** Findings of the rules by turn. */
function hitsOf(findings: readonly Finding[], meeting: Meeting): RuleHits {
  const hits = new Map<number, number[]>();
  findings.forEach(({ evidence }, i) => {
    for (const { segmentId } of evidence) {
      const turn = meeting.turnOf(segmentId);
      if (turn !== undefined) hits.set(turn, [...(hits.get(turn) ?? []), i]);
    }
  });
  return hits;
}

function findingOf(
  item: Pick<DetectedItem, 'kind' | 'core' | 'confidence'>,
  rules: readonly Finding[],
  hits: RuleHits,
  meeting: Meeting,
  around: Neighbours,
): Finding {
  const rule = item.core
    .flatMap((turn) => hits.get(turn) ?? [])
    .map((i) => rules[i])
    .find((finding) => finding !== undefined);
  const owner = item.kind === 'action' ? ownerOf(item.core, meeting, rule?.owner) : undefined;
  const due = item.kind === 'action' ? dueOf(item.core, meeting, rule?.due, around) : undefined;
  return {
    kind: item.kind,
    text: rule?.text ?? quoteOf(item.core, meeting),
    confidence: item.confidence,
    evidence: item.core.flatMap((turn) => meeting.evidenceOf(turn)),
    ...(owner !== undefined && { owner }),
    ...(due !== undefined && { due }),
  };
}
