/** A meeting for the page to show, as the extension would send it. */
import type { Insight } from '../../protocol/insights';
import type { PanelSession } from '../../protocol/panel';
import type { Segment } from '../../protocol/transcript';

const LINES: readonly [number, 'mic' | 'system', string, string][] = [
  [1.4, 'mic', 'You', "Good morning, everyone. Let's keep this short, I have a call at ten."],
  [6.9, 'mic', 'You', 'Ben, do you want to start?'],
  [8.8, 'system', 'Ben', 'Sure. Yesterday I finished the upload endpoint, and I looked into the slow import.'],
  [15.1, 'system', 'Ben', 'It reads the whole file before it answers, so a large file runs into the gateway timeout.'],
  [22.4, 'mic', 'You', 'Could we stream it instead?'],
  [25.0, 'system', 'Ben', 'Yes. I will move the import to a background job by Friday, and send progress over the socket.'],
  [33.2, 'system', 'Priya', 'Then I need the job id in the response, otherwise the page cannot follow it.'],
  [38.8, 'mic', 'You', "Agreed. We'll return 202 with the job id and keep the old route until the next release."],
  [46.1, 'system', 'Priya', 'What happens to a job when the worker restarts in the middle of it?'],
  [51.3, 'system', 'Ben', "Good question. Right now it is lost, and that's a risk for the migration next week."],
];

export const segments: readonly Segment[] = LINES.map(([start, source, speaker, text], i) => ({
  id: `s${i + 1}`,
  startMs: start * 1000,
  endMs: start * 1000 + 60 * text.length,
  source,
  speaker,
  text,
  confidence: 0.93,
  revision: 0,
}));

const insight = (id: string, kind: Insight['kind'], segment: number, quote: string, rest: Partial<Insight> & { text: string }): Insight => {
  const s = segments[segment - 1]!;
  return { id, kind, status: 'open', confidence: 0.9, symbols: [], evidence: [{ segmentId: s.id, startMs: s.startMs, endMs: s.endMs, quote }], ...rest };
};

export const insights: readonly Insight[] = [
  insight('m1', 'summary', 4, 'a large file runs into the gateway timeout', { text: 'The import times out on large files because it reads the whole file first.' }),
  insight('m2', 'summary', 6, 'I will move the import to a background job', { text: 'It becomes a background job with progress over the socket.' }),
  insight('a1', 'action', 6, 'I will move the import to a background job by Friday', { text: 'Move the import to a background job', owner: 'Ben', due: { phrase: 'by Friday', date: '2026-11-27' } }),
  insight('a2', 'action', 7, 'I need the job id in the response', { text: 'Put the job id into the response', owner: 'Ben' }),
  insight('a3', 'action', 3, 'I looked into the slow import', { text: 'Write down the measurements of the slow import', owner: 'Ben', status: 'done' }),
  insight('d1', 'decision', 8, "We'll return 202 with the job id and keep the old route until the next release", { text: 'Return 202 with the job id; keep the old route until the next release' }),
  insight('q1', 'question', 9, 'What happens to a job when the worker restarts in the middle of it', { text: 'What happens to a job when the worker restarts?' }),
  insight('r1', 'risk', 10, "that's a risk for the migration next week", { text: 'Jobs are lost when a worker restarts; the migration is next week' }),
];

export const session: PanelSession = {
  kind: 'session',
  id: 'session-1',
  title: 'Import service stand-up',
  state: 'STREAMING',
  startedAt: '2026-11-21T14:05:00+01:00',
  durationMs: 58_000,
  sources: ['mic', 'system'],
  silent: [],
  segments,
  partials: [{ source: 'mic', phraseId: 'p1', speaker: 'You', startMs: 57_000, stable: 'Then let us keep the job in the', unstable: 'data base and' }],
  insights,
  notices: [],
  health: 'Moonshine tiny, 18× faster than real time',
};

/** A transcript of any length. */
export function longTranscript(count: number): Segment[] {
  return Array.from({ length: count }, (_, i) => {
    const [, source, speaker, text] = LINES[i % LINES.length]!;
    return { id: `s${i + 1}`, startMs: i * 6_000, endMs: i * 6_000 + 5_500, source, speaker, text: `${i + 1}. ${text}`, confidence: 0.9, revision: 0 };
  });
}
