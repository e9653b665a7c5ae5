/**
 * The AMI meetings beside the repository: how much of their summaries' sentences about future work
 * and decisions the found insights cover, and ROUGE-1 of the rolling summary. Usage: `npm run bench
 * -- summaries [--missed]`.
 */
import { createAnalyzerFactory } from '../daemon/insights/analyzerFactory';
import type { Insight } from '../daemon/insights/types';
import { loadAmiMeetings, segmentsOfAmi, styleOf } from './amiText';
import { countUnquoted } from './insightsScore';
import { reportResults, type Row } from './report';
import { rouge1, rougeL, rougeWords } from './rouge';

/** A sentence counts as covered from this ROUGE-L recall on. */
const COVERED = 0.4;
/** Sentences about what is to be done or was decided; the summaries are not marked. */
const FUTURE_OR_DECISION = /\b(?:will|instructed|decided|agreed|is to|are to|to be)\b/i;

function main(): void {
  const meetings = loadAmiMeetings();
  if (meetings.length === 0) {
    process.stderr.write('The AMI texts are not beside the repository.\n');
    process.exitCode = 2;
    return;
  }
  const rows: Row[] = [];
  const sums = {
    wanted: 0,
    covered: 0,
    actions: 0,
    decisions: 0,
    f1: 0,
    recall: 0,
    words: 0,
    unquoted: 0,
  };
  for (const meeting of meetings) {
    const segments = segmentsOfAmi(meeting);
    // Nothing of a meeting's own summary may help it.
    const analyzer = createAnalyzerFactory({
      summaryStyle: styleOf(meetings.filter((other) => other !== meeting)),
    }).create({ startedAt: '2026-11-23T09:30:00+01:00' });
    for (let at = 0; at < segments.length; at += 20) analyzer.update(segments.slice(at, at + 20));
    analyzer.finish();
    const of = (kind: Insight['kind']): Insight[] =>
      analyzer.insights.filter((insight) => insight.kind === kind);
    const found = [...of('action'), ...of('decision')];
    const texts = found.map((insight) =>
      rougeWords(
        `${insight.owner ?? ''} ${insight.text} ${insight.evidence.map(({ quote }) => quote).join(' ')}`,
      ),
    );
    const wanted = meeting.summary
      .filter((sentence) => FUTURE_OR_DECISION.test(sentence))
      .map(rougeWords);
    const missed = wanted.filter(
      (sentence) => !texts.some((text) => rougeL(sentence, text).recall >= COVERED),
    );
    const candidate = rougeWords(
      of('summary')
        .map(({ text }) => text)
        .join(' '),
    );
    const { f1, recall } = rouge1(rougeWords(meeting.summary.join(' ')), candidate);
    const unquoted = countUnquoted(analyzer.insights, segments);
    if (process.argv.includes('--missed'))
      for (const sentence of missed) process.stdout.write(`${meeting.id}: ${sentence.join(' ')}\n`);
    sums.wanted += wanted.length;
    sums.covered += wanted.length - missed.length;
    sums.actions += of('action').length;
    sums.decisions += of('decision').length;
    sums.f1 += f1;
    sums.recall += recall;
    sums.words += candidate.length;
    sums.unquoted += unquoted;
    rows.push({
      meeting: meeting.id,
      turns: segments.length,
      actions: of('action').length,
      decisions: of('decision').length,
      'sentences covered': `${wanted.length - missed.length} of ${wanted.length}`,
      'summary words': candidate.length,
      'ROUGE-1 F1': f1.toFixed(3),
      'ROUGE-1 recall': recall.toFixed(3),
      'without a quote': unquoted,
    });
  }
  const n = meetings.length;
  rows.push({
    meeting: 'all',
    turns: '–',
    actions: (sums.actions / n).toFixed(1),
    decisions: (sums.decisions / n).toFixed(1),
    'sentences covered': `${sums.covered} of ${sums.wanted} (${((100 * sums.covered) / sums.wanted).toFixed(0)} %)`,
    'summary words': Math.round(sums.words / n),
    'ROUGE-1 F1': (sums.f1 / n).toFixed(3),
    'ROUGE-1 recall': (sums.recall / n).toFixed(3),
    'without a quote': sums.unquoted,
  });
  reportResults({
    about: `${n} AMI meetings as text. Covered: sentences of the summaries that speak of what will be done or was decided (chosen by their verbs) with ROUGE-L recall of at least ${COVERED} by one found action or decision with its quotes. ROUGE-1 of the rolling summary against the whole written summary, means over meetings.`,
    rows,
    ratios: {
      'ROUGE-1 F1 of the summary': {
        value: Number((sums.f1 / n).toFixed(3)),
        noise: 0.001,
        better: 'higher',
      },
      'sentences covered': {
        value: Number((sums.covered / sums.wanted).toFixed(3)),
        noise: 0.001,
        better: 'higher',
      },
      'insights without a quote': { value: sums.unquoted, noise: 0.001, better: 'lower' },
    },
  });
}

if (require.main === module) main();
