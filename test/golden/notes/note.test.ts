/**
 * A whole note and all exports of one meeting, as files to look at. `UPDATE_GOLDEN=1` writes them
 * anew.
 */
import { equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyseMeeting, segmentsOf, type LabelledMeeting } from '../../../testing/scoring/insightsScore';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { renderInsightsJson, renderInsightsMarkdown } from '../../../daemon/insights/text/render';
import { applyEdits } from '../../../daemon/notes/edits';
import { renderExport, type ExportFormat } from '../../../daemon/notes/exports';
import { planNote } from '../../../daemon/notes/planNote';
import type { ExportSession, NoteDocument } from '../../../daemon/notes/types';

function golden(folder: string, name: string, actual: string): void {
  const file = join(__dirname, '..', folder, name);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, actual);
  ok(existsSync(file), `${name} is missing; run with UPDATE_GOLDEN=1 and look at it.`);
  equal(actual, readFileSync(file, 'utf8'));
}

const meeting = JSON.parse(readFileSync(join(__dirname, '..', '..', 'fixtures', 'meetings', 'login-outage-review.json'), 'utf8')) as LabelledMeeting;
const segments = segmentsOf(meeting, 'named').map((segment, i) => ({ ...segment, id: `s${i + 1}` }));
const insights = analyseMeeting(meeting, createAnalyzerFactory(), 'named');
const document: NoteDocument = { sessionId: '3f9c1a', title: meeting.title, startedAt: '2026-11-23T09:30:00+01:00', branch: 'main', commit: '1a2b3c4', segments, insights };
const session: ExportSession = { file: 'meetings/login-outage.wav', title: meeting.title, segments: segments.slice(0, 4), speakers: [{ id: 'p1', name: 'Ravi', source: 'mic' }], insights: insights.slice(0, 6), stats: { phrases: 4 } };

describe('golden: the note', () => {
  it('note.md', () => golden('notes', 'note.md', applyEdits('', planNote('', document).edits)));
  for (const format of ['text', 'jsonl', 'json', 'srt', 'vtt', 'md', 'rttm'] satisfies ExportFormat[]) {
    it(`export.${format}`, () => golden('notes', `export.${format === 'text' ? 'txt' : format}`, renderExport(format, [session])));
  }
});

describe('golden: analyze', () => {
  it('insights.md', () => golden('insights', 'insights.md', renderInsightsMarkdown(insights)));
  it('insights.json', () => golden('insights', 'insights.json', renderInsightsJson(insights)));
});
