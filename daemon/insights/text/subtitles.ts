/**
 * Parses subtitles as transcripts: SubRip (SRT), WebVTT of Teams, Zoom and Meet, and SubViewer
 * (SBV). Removes cue numbers, tags and settings. Keeps speakers.
 */

export interface Cue {
  /** The cue's own identifier; its line number if the identifier is missing or not unique. */
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  /** From a voice tag. Otherwise, the text may begin with "Name:". */
  readonly speaker?: string;
  readonly text: string;
}

const TIME = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})`;
const TIMING = new RegExp(String.raw`^\s*${TIME}\s*(?:-->|,)\s*${TIME}(?:\s.*)?$`);
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  lrm: '',
  rlm: '',
};

/** True if a line is the timing of a cue. */
export const isSubtitles = (lines: readonly string[]): boolean =>
  /^\s*WEBVTT(?:\s|$)/.test(lines[0] ?? '') || lines.some((line) => TIMING.test(line));

export function parseSubtitles(lines: readonly string[]): Cue[] {
  const timings = lines.flatMap((line, i) => (TIMING.test(line) ? [i] : []));
  const ids = new Set<string>();
  return timings.flatMap((at, k) => {
    const [startMs, endMs] = timesOf(lines[at] ?? '');
    const next = timings[k + 1] ?? lines.length;
    const body: string[] = [];
    // A cue ends with an empty line. Some writers omit it, so the next identifier also ends the
    // cue.
    const until = next < lines.length && isIdentifier(lines, next - 1) ? next - 1 : next;
    for (let i = at + 1; i < until && (lines[i] ?? '').trim() !== ''; i++)
      body.push(lines[i] ?? '');
    const given = isIdentifier(lines, at - 1) ? (lines[at - 1] ?? '').trim() : '';
    const id = given !== '' && !ids.has(given) ? given : `line ${at + 1}`;
    ids.add(id);
    return voices(body.join(' ')).map((voice, i) => ({
      id: i === 0 ? id : `${id}/${i + 1}`,
      startMs,
      endMs: Math.max(startMs, endMs),
      ...voice,
    }));
  });
}

/** The line before a timing, if it is separate or a number. */
function isIdentifier(lines: readonly string[], at: number): boolean {
  const line = (lines[at] ?? '').trim();
  if (line === '' || /^(?:WEBVTT|NOTE|STYLE|REGION|X-TIMESTAMP-MAP)/.test(line)) return false;
  return /^\d+$/.test(line) || (lines[at - 1] ?? '').trim() === '';
}

function timesOf(line: string): [startMs: number, endMs: number] {
  const [, ...parts] = TIMING.exec(line) ?? [];
  const ms = (from: number): number => {
    const [h, m, s, fraction = '0'] = parts.slice(from, from + 4);
    const seconds = Number(h ?? 0) * 3600 + Number(m ?? 0) * 60 + Number(s ?? 0);
    return seconds * 1000 + Number(fraction.padEnd(3, '0'));
  };
  return [ms(0), ms(4)];
}

/** A cue may contain several voices: `<v Ana>Hi.</v> <v Ben>Hello.</v>`. */
function voices(body: string): { speaker?: string; text: string }[] {
  const parts = body.split(/(?=<v[.\s])/i);
  return parts
    .map((part) => {
      const name = /^<v(?:\.[^\s>]*)?\s([^>]+)>/i.exec(part)?.[1];
      const text = plain(part);
      return { ...(name === undefined ? {} : { speaker: entities(name).trim() }), text };
    })
    .filter(({ text }) => text !== '');
}

/** Removes tags, `{\an8}` positions and the dashes of two speakers in a cue. */
function plain(text: string): string {
  return entities(text.replace(/<\/?(?:[a-z][^>]*|\d[\d:.]*)?>/gi, '').replace(/\{\\[^}]*\}/g, ''))
    .replace(/\s+/g, ' ')
    .trim();
}

function entities(text: string): string {
  return text.replace(/&(#\d{1,6}|[a-z]{2,6});/gi, (all, name: string) => {
    if (name.startsWith('#')) {
      const code = Number(name.slice(1));
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
    }
    return ENTITIES[name.toLowerCase()] ?? all;
  });
}
