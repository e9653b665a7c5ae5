/**
 * The AMI meetings beside the repository: how much of their summaries' sentences about future work
 * and decisions the found insights cover, and ROUGE-1 of the printed summary. Usage: `npm run bench
 * -- summaries [--missed]`.
 */
import { createAnalyzerFactory } from '../daemon/insights/analyzerFactory';
import { wholeSummary } from '../daemon/insights/summary/summarySections';
import type { Insight } from '../daemon/insights/types';
import { type AmiMeeting, loadAmiMeetings, segmentsOfAmi } from './amiText';
import { countUnquoted } from '../testing/scoring/insightsScore';
import { reportResults, type Row } from './report';
import { rouge1, rougeL, rougeWords } from './rouge';

/** A sentence counts as covered from this ROUGE-L recall on. */
const COVERED = 0.4;
/** Sentences about what is to be done or was decided; the summaries are not marked. */
const FUTURE_OR_DECISION = /\b(?:will|instructed|decided|agreed|is to|are to|to be)\b/i;

interface Scored {
  readonly id: string;
  readonly turns: number;
  readonly wanted: number;
  readonly covered: number;
  readonly actions: number;
  readonly decisions: number;
  readonly f1: number;
  readonly recall: number;
  readonly words: number;
  readonly unquoted: number;
}

function score(meeting: AmiMeeting, showMissed: boolean): Scored {
  const segments = segmentsOfAmi(meeting);
  const analyzer = createAnalyzerFactory().create({
    startedAt: '2026-11-23T09:30:00+01:00',
  });
  for (let at = 0; at < segments.length; at += 20) analyzer.update(segments.slice(at, at + 20));
  analyzer.finish();
  const of = (kind: Insight['kind']): Insight[] =>
    analyzer.insights.filter((insight) => insight.kind === kind);
  const found = [...of('action'), ...of('decision')];
  const texts = found.map(({ owner, text, evidence }) =>
    rougeWords(`${owner ?? ''} ${text} ${evidence.map(({ quote }) => quote).join(' ')}`),
  );
  const wanted = meeting.summary
    .filter((sentence) => FUTURE_OR_DECISION.test(sentence))
    .map(rougeWords);
  const missed = wanted.filter(
    (sentence) => !texts.some((text) => rougeL(sentence, text).recall >= COVERED),
  );
  if (showMissed)
    for (const sentence of missed) process.stdout.write(`${meeting.id}: ${sentence.join(' ')}\n`);
  const candidate = rougeWords(
    wholeSummary(analyzer.insights)
      .map(({ text }) => text)
      .join(' '),
  );
  return {
    id: meeting.id,
    turns: segments.length,
    wanted: wanted.length,
    covered: wanted.length - missed.length,
    actions: of('action').length,
    decisions: of('decision').length,
    ...rouge1(rougeWords(meeting.summary.join(' ')), candidate),
    words: candidate.length,
    unquoted: countUnquoted(analyzer.insights, segments),
  };
}

function rowOf(one: Scored): Row {
  return {
    meeting: one.id,
    turns: one.turns,
    actions: one.actions,
    decisions: one.decisions,
    'sentences covered': `${one.covered} of ${one.wanted}`,
    'summary words': one.words,
    'ROUGE-1 F1': one.f1.toFixed(3),
    'ROUGE-1 recall': one.recall.toFixed(3),
    'without a quote': one.unquoted,
  };
}

function main(): void {
  const meetings = loadAmiMeetings();
  if (meetings.length === 0) {
    process.stderr.write('The AMI texts are not beside the repository.\n');
    process.exitCode = 2;
    return;
  }
  const showMissed = process.argv.includes('--missed');
  report(meetings.map((meeting) => score(meeting, showMissed)));
}

function report(all: readonly Scored[]): void {
  const sum = (of: (one: Scored) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  const n = all.length;
  const [covered, wanted] = [sum((one) => one.covered), sum((one) => one.wanted)];
  const unquoted = sum((one) => one.unquoted);
  const f1 = (sum((one) => one.f1) / n).toFixed(3);
  reportResults({
    about: [
      `${n} AMI meetings as text.`,
      'Only summary sentences about future work or decisions count, chosen by their verbs.',
      'A sentence is covered if one action or decision with its quotes reaches a ROUGE-L recall',
      `of ${COVERED}.`,
      'ROUGE-1 compares the printed summary (topics, quotes, decisions, actions) with the whole',
      'written one; means over meetings.',
    ].join(' '),
    rows: [
      ...all.map(rowOf),
      {
        meeting: 'all',
        turns: '–',
        actions: (sum((one) => one.actions) / n).toFixed(1),
        decisions: (sum((one) => one.decisions) / n).toFixed(1),
        'sentences covered': `${covered} of ${wanted}`,
        'summary words': Math.round(sum((one) => one.words) / n),
        'ROUGE-1 F1': f1,
        'ROUGE-1 recall': (sum((one) => one.recall) / n).toFixed(3),
        'without a quote': unquoted,
      },
    ],
    metrics: {
      'ROUGE-1 F1 of the summary': {
        value: Number(f1),
        better: 'higher',
        noise: 0.001,
        product: true,
      },
      'summary sentences covered': {
        value: Number((covered / wanted).toFixed(3)),
        better: 'higher',
        noise: 0.001,
        product: true,
      },
      'insights without a quote': { value: unquoted, better: 'lower', noise: 0.001 },
    },
  });
}

if (require.main === module) main();
