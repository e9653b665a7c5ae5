/**
 * A session as text, JSON lines, JSON, SRT, WebVTT, Markdown and RTTM. Pure: the caller writes the
 * result.
 */
import { groupInsights, pageSections, sectionLines } from '../insights/text/render';
import { subtitleTime, timeStamp } from '../insights/text/timeStamp';
import { cuesOf } from './cues';
import { readableText } from '../transcript/readable';
import {
  jsonText,
  markdownText,
  plainLine,
  rttmField,
  srtText,
  vttText,
} from '../../protocol/plainText';
import type { ExportSegment, ExportSession } from './types';

export type ExportFormat = 'text' | 'jsonl' | 'json' | 'srt' | 'vtt' | 'md' | 'rttm';

/**
 * The export of one or more sessions. For JSON, one session gives an object and several give an
 * array.
 */
export function renderExport(format: ExportFormat, sessions: readonly ExportSession[]): string {
  switch (format) {
    case 'text':
      return sessions.map(renderText).join('\n');
    case 'jsonl':
      return sessions.map(renderJsonl).join('');
    case 'json':
      return (
        `${jsonText(sessions.length === 1 ? jsonObject(sessions[0]!) : sessions.map(jsonObject), 2)}` +
        '\n'
      );
    case 'srt':
      return renderSrtAll(sessions);
    case 'vtt':
      return renderVttAll(sessions);
    case 'md':
      return sessions.map(renderMarkdown).join('\n');
    case 'rttm':
      return sessions.map(renderRttm).join('');
  }
}

/** One line for each segment. The speaker is added if the session has several speakers. */
export function renderText(session: ExportSession): string {
  const segments = visible(session);
  const named = new Set(segments.map((s) => s.speaker)).size > 1;
  return segments
    .map((s) => `${named ? `${plainLine(s.speaker)}: ` : ''}${plainLine(s.text)}\n`)
    .join('');
}

/** Absent if the recogniser gives none. */
function confidenceOf(confidence: number | undefined): { readonly confidence?: number } {
  return confidence === undefined ? {} : { confidence: round(confidence) };
}

/** `{"file","start","end","source","speaker","text","confidence"}`, times in seconds. */
export function jsonlLine(file: string, segment: ExportSegment): string {
  const { startMs, endMs, source, speaker, alsoSpeaking, text, confidence } = segment;
  const times = { start: seconds(startMs), end: seconds(endMs) };
  const also = alsoSpeaking && { alsoSpeaking };
  const line = { file, ...times, source, speaker, ...also, text, ...confidenceOf(confidence) };
  return `${jsonText(line)}\n`;
}

function renderJsonl(session: ExportSession): string {
  return visible(session)
    .map((segment) => jsonlLine(session.file, segment))
    .join('');
}

/**
 * `{file, segments, speakers, actions, decisions, risks, questions, summary, stats}`, with times of
 * segments and words in seconds.
 */
export function jsonObject(session: ExportSession): Record<string, unknown> {
  const { actions, decisions, risks, questions, summary } = groupInsights(session.insights ?? []);
  const segments = visible(session).map((s) => ({
    id: s.id,
    start: seconds(s.startMs),
    end: seconds(s.endMs),
    source: s.source,
    speaker: s.speaker,
    ...(s.alsoSpeaking && { alsoSpeaking: s.alsoSpeaking }),
    text: s.text,
    ...confidenceOf(s.confidence),
    ...(s.words && {
      words: s.words.map((w) => ({
        text: w.text,
        start: seconds(w.startMs),
        end: seconds(w.endMs),
        ...confidenceOf(w.confidence),
        timing: w.timing,
      })),
    }),
  }));
  return {
    file: session.file,
    segments,
    speakers: session.speakers ?? [],
    actions,
    decisions,
    risks,
    questions,
    summary,
    stats: session.stats ?? {},
  };
}

export function renderSrt(session: ExportSession): string {
  return renderSrtAll([session]);
}

/** Cue numbers continue from one session to the next. */
function renderSrtAll(sessions: readonly ExportSession[]): string {
  return sessions
    .flatMap(visible)
    .flatMap((segment) =>
      cuesOf({ ...segment, speaker: srtText(segment.speaker), text: srtText(segment.text) }),
    )
    .map(
      ({ startMs, endMs, lines }, i) =>
        `${i + 1}\n${subtitleTime(startMs, ',')} --> ${subtitleTime(endMs, ',')}\n${lines.join('\n')}\n`,
    )
    .join('\n');
}

export function renderVtt(session: ExportSession): string {
  return renderVttAll([session]);
}

/** WebVTT allows one header in a file. Further sessions follow as cues. */
function renderVttAll(sessions: readonly ExportSession[]): string {
  const cues = sessions.flatMap(visible).flatMap((segment) =>
    // The speaker is a tag, which needs no space in the text.
    cuesOf({ ...segment, text: plainLine(segment.text), speaker: '' }).map(
      ({ startMs, endMs, lines }) =>
        `\n${subtitleTime(startMs, '.')} --> ${subtitleTime(endMs, '.')}\n<v ${vttText(segment.speaker)}>${lines.map(vttText).join('\n')}\n`,
    ),
  );
  return `WEBVTT\n${cues.join('')}`;
}

/** The format of the note without front matter: sections, then the transcript. */
function renderMarkdown(session: ExportSession): string {
  const sections = pageSections(session.insights ?? []).map((section) => ({
    title: section.title,
    lines: sectionLines(section).map(({ line }) => line),
  }));
  const blocks = [
    `# ${markdownText(session.title ?? session.file)}\n`,
    ...sections
      .filter(({ lines }) => lines.length > 0)
      .map(({ title, lines }) => `## ${title}\n\n${lines.join('\n')}\n`),
    `## Transcript\n${visible(session)
      .map((segment) => `\n${transcriptLine(segment)}\n`)
      .join('')}`,
  ];
  return blocks.join('\n');
}

/** `**Ben** [00:14:05] text`, or `**Ben + Ana** …` if both talk, with the readable text of the segment. */
export function transcriptLine(
  segment: Pick<ExportSegment, 'speaker' | 'alsoSpeaking' | 'startMs' | 'text'>,
  fillers: 'hide' | 'show' = 'hide',
): string {
  return (
    `**${[segment.speaker, ...(segment.alsoSpeaking ?? [])].map(markdownText).join(' + ')}** ${timeStamp(segment.startMs)} ` +
    `${markdownText(readableText(segment.text, fillers))}`
  );
}

/**
 * NIST Rich Transcription Time Marked. The file id is the base name of the file, without its
 * extension.
 */
export function renderRttm(session: ExportSession): string {
  const base = session.file.split(/[\\/]/).pop() ?? session.file;
  const id = rttmField(base.replace(/\.[^.]+$/, ''));
  const line = ({
    startMs,
    endMs,
    speaker,
  }: {
    readonly startMs: number;
    readonly endMs: number;
    readonly speaker: string;
  }): string =>
    `SPEAKER ${id} 1 ${(startMs / 1000).toFixed(3)} ` +
    `${(Math.max(0, endMs - startMs) / 1000).toFixed(3)} <NA> <NA> ${rttmField(speaker)} <NA> ` +
    '<NA>\n';
  // Uses speaker turns, which end with the last word, if diarization ran. Otherwise uses the
  // segments.
  const turns = (session.speakers ?? []).flatMap(({ name, source, turns: own = [] }) =>
    own.map(({ startMs, endMs }) => ({ startMs, endMs, speaker: name, source })),
  );
  const echoes = session.segments.filter(({ hidden }) => hidden);
  const own = turns.filter(
    (turn) =>
      !echoes.some(
        (echo) =>
          echo.source === turn.source && echo.startMs <= turn.startMs && turn.endMs <= echo.endMs,
      ),
  );
  return (turns.length > 0 ? own.sort((a, b) => a.startMs - b.startMs) : visible(session))
    .map(line)
    .join('');
}

function visible(session: ExportSession): readonly ExportSegment[] {
  return session.segments
    .filter((s) => !s.hidden && s.text.trim() !== '')
    .sort((a, b) => a.startMs - b.startMs);
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
