/**
 * Parses the input of `earmark analyze`: `{segments: [{id, start, end, source, speaker, text}]}`,
 * plain text with a line `Speaker: text` for each turn, subtitles, or JSON lines. Reads no files.
 */
import { z } from 'zod';
import { isSubtitles, parseSubtitles } from './subtitles';
import type { Segment } from '../../transcript/types';

/** Times for text without times: about 150 words a minute, so order and distance are plausible. */
const MS_A_WORD = 400;
const MAX_SEGMENTS = 50_000;
/** `Ben:`, `**Ben** [00:14:05]`, `[00:14:05] Ben:` and `Ben (00:14):` come before the text. */
const TIME = String.raw`[[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,9})?[\])]?`;
const BOLD_LINE = new RegExp(
  String.raw`^\s*\*\*(?<name>[^*]{1,60})\*\*(?::?\s*${TIME})?(?<text>[^]*)`,
);
const PLAIN_LINE = new RegExp(
  String.raw`^\s*(?:${TIME}\s*)?(?<name>\p{L}[^:<>"?!]{0,40}?)(?:\s*${TIME})?\s*:\s(?<text>[^]*)`,
  'u',
);
/** `Jane Roe   0:09` or `[Jane Roe] 10:00:01` above the text, as in exports of Teams and Zoom. */
const HEAD_LINE = new RegExp(
  String.raw`^\s*\[?(?<name>\p{Lu}[^:<>"?!.,[\]]{0,40}?)\]?\s+${TIME}\s*$`,
  'u',
);
const LINE_END = /\r\n|\r|\n/;
/** Maximum number of words of a name. More words before the colon are a sentence. */
const MAX_NAME_WORDS = 4;

const JsonSegment = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  start: z.number().min(0).optional(),
  end: z.number().min(0).optional(),
  source: z.string().optional(),
  speaker: z.string().optional(),
  text: z.string(),
});
const JsonInput = z.object({ segments: z.array(JsonSegment).max(MAX_SEGMENTS) });

/** The input has neither form. The message is one sentence that says what to do. */
export class AnalysisInputError extends Error {}

/**
 * Accepts both forms. The id of a plain line is its line number, from 1. A line without a speaker
 * belongs to the previous speaker.
 * @throws AnalysisInputError
 */
export function parseAnalysisInput(text: string): Segment[] {
  const trimmed = text.replace(/^\uFEFF/, '');
  if (/^\s*[{[]\s*["{\]}]/.test(trimmed))
    return isJsonLines(trimmed) ? parseJsonLines(trimmed) : parseJson(trimmed);
  const lines = trimmed.split(LINE_END);
  return isSubtitles(lines) ? fromSubtitles(lines) : parsePlainText(trimmed);
}

/** The first two lines that are not empty are objects, and the first is no whole transcript. */
function isJsonLines(text: string): boolean {
  const [first = '', second = '{'] = text
    .trim()
    .split(/[\r\n]+/, 20)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (
    first.startsWith('{') &&
    first.endsWith('}') &&
    second.startsWith('{') &&
    !/"segments"\s*:/.test(first)
  );
}

/**
 * One segment per line, as in the output of `transcribe --format jsonl`. The line number is the id.
 */
function parseJsonLines(text: string): Segment[] {
  const segments = text.split(LINE_END).flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      const value = JSON.parse(line) as Record<string, unknown>;
      return [{ id: String(i + 1), ...value }];
    } catch {
      throw new AnalysisInputError(
        `Line ${i + 1} of the JSON lines cannot be read; each line must be {"start", "end", "speaker", "text"}.`,
      );
    }
  });
  return parseJson(JSON.stringify({ segments }));
}

/** Cues of one speaker up to the end of a sentence form one segment. */
function fromSubtitles(lines: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  let speaker = 'Others';
  for (const cue of parseSubtitles(lines)) {
    const turn = cue.speaker === undefined ? splitTurn(cue.text) : undefined;
    const name = cue.speaker ?? turn?.name ?? speaker;
    const text = (turn ? turn.text : cue.text).replace(/^-\s+/, '').trim();
    const last = segments.at(-1);
    const goesOn = last !== undefined && name === speaker && !/[.?!…]["'”’)]*$/.test(last.text);
    speaker = name;
    if (text === '') continue;
    if (goesOn)
      segments[segments.length - 1] = { ...last, endMs: cue.endMs, text: `${last.text} ${text}` };
    else segments.push(segment(cue.id, cue.startMs, cue.endMs, sourceOf(name), name, text));
  }
  return checked(segments);
}

function checked(segments: Segment[]): Segment[] {
  if (segments.length > MAX_SEGMENTS)
    throw new AnalysisInputError(
      `The transcript has more than ${MAX_SEGMENTS} lines; analyse it in parts.`,
    );
  if (segments.length === 0)
    throw new AnalysisInputError(
      'There is no text to analyse; give lines like "Ben: I will fix it by Friday."',
    );
  return segments;
}

export function parsePlainText(text: string): Segment[] {
  const segments: Segment[] = [];
  let speaker = 'Others';
  let clockMs = 0;
  text.split(LINE_END).forEach((line, index) => {
    if (line.trim() === '') return;
    const head = HEAD_LINE.exec(line)?.groups;
    if (head?.['name'] !== undefined && isName(head['name'])) {
      speaker = head['name'].trim();
      return;
    }
    const turn = splitTurn(line);
    if (turn) speaker = turn.name;
    const words = (turn ? turn.text : line).trim();
    if (words === '') return;
    const endMs = clockMs + MS_A_WORD * words.split(/\s+/).length;
    segments.push(segment(String(index + 1), clockMs, endMs, sourceOf(speaker), speaker, words));
    clockMs = endMs;
  });
  return checked(segments);
}

const isName = (name: string): boolean => name.trim().split(/\s+/).length <= MAX_NAME_WORDS;

function splitTurn(line: string): { name: string; text: string } | undefined {
  const groups = (BOLD_LINE.exec(line) ?? PLAIN_LINE.exec(line))?.groups;
  const name = groups?.['name']?.trim();
  if (!name || !isName(name)) return undefined;
  return { name, text: (groups?.['text'] ?? '').replace(/^\s*:?\s*/, '') };
}

function parseJson(text: string): Segment[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AnalysisInputError(
      'The transcript looks like JSON but cannot be read; check that the file is complete.',
    );
  }
  const parsed = JsonInput.safeParse(Array.isArray(value) ? { segments: value } : value);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new AnalysisInputError(
      `The transcript must be {"segments": [{id, start, end, source, speaker, text}]}; check ${at || 'its top level'}.`,
    );
  }
  const ids = new Set<string>();
  let clockMs = 0;
  return parsed.data.segments.map((given) => {
    if (ids.has(given.id))
      throw new AnalysisInputError(
        `The segment id "${given.id}" stands twice; give each segment its own id.`,
      );
    ids.add(given.id);
    const startMs = given.start === undefined ? clockMs : given.start * 1000;
    const endMs = Math.max(
      startMs,
      given.end === undefined
        ? startMs + MS_A_WORD * given.text.split(/\s+/).length
        : given.end * 1000,
    );
    clockMs = endMs;
    const speaker = given.speaker ?? 'Others';
    const source =
      given.source === 'mic' || given.source === 'system' || given.source === 'file'
        ? given.source
        : sourceOf(speaker);
    return segment(given.id, startMs, endMs, source, speaker, given.text);
  });
}

function sourceOf(speaker: string): Segment['source'] {
  return /^(you|me)$/i.test(speaker) ? 'mic' : 'system';
}

function segment(
  id: string,
  startMs: number,
  endMs: number,
  source: Segment['source'],
  speaker: string,
  text: string,
): Segment {
  return { id, startMs, endMs, source, speaker, text, confidence: 1, revision: 0 };
}
