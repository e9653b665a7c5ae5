/** Every export is parsed by a public parser of its format, with texts that look like markup. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { parse as parseCues } from '@plussub/srt-vtt-parser';
import fc from 'fast-check';
import { lexer, type Token, type Tokens } from 'marked';
import { WebVTTParser } from 'webvtt-parser';
import { srtText } from '../../../protocol/plainText';
import { renderExport } from '../../../daemon/notes/exports';
import type { ExportSession } from '../../../daemon/notes/types';

const RUNS = 300;
const word = fc.constantFrom(
  ...'the build fails at <v Ben> --> 00:00:01,000 1 & &amp; "quoted" **bold** # - [x] | ünïcode 日本 😀 a_b c\\d NOTE WEBVTT STYLE </v> x<y `code` {"a":1} 3. \n \r\n \t'.split(
    ' ',
  ),
);
const text = fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(' '));
const speaker = fc.constantFrom('Ben', 'Speaker 1', 'Ann > Bo', 'Zoë\nLee', '"Q" & A', '**Al**');
const session: fc.Arbitrary<ExportSession> = fc
  .array(fc.tuple(text, speaker, fc.integer({ min: 1, max: 30_000 })), { maxLength: 8 })
  .map((said) => {
    let at = 0;
    return {
      file: 'my talk.v2.wav',
      title: 'A\ntalk',
      segments: said.map(([words, name, lengthMs], i) => {
        const startMs = at;
        at += lengthMs;
        return {
          id: String(i),
          startMs,
          endMs: at,
          source: 'file',
          speaker: name,
          text: words,
          confidence: 0.5,
        };
      }),
    };
  });

const line = (one: string): string => one.replace(/\s+/g, ' ').trim();
const spoken = ({ segments }: ExportSession) =>
  segments.filter((segment) => segment.text.trim() !== '');
const words = (...texts: readonly string[]): string => line(texts.join(' '));
const holds = (check: (one: ExportSession) => void): void =>
  fc.assert(fc.property(session, check), { numRuns: RUNS });

describe('exports in public parsers', () => {
  it('SRT: every word, in cues in order of time', () =>
    holds((one) => {
      const srt = renderExport('srt', [one]);
      if (spoken(one).length === 0) return equal(srt, '');
      const { entries } = parseCues(srt);
      equal(
        // A cue repeats the speaker.
        line(
          entries
            .map((entry) => {
              const name = spoken(one)
                .map((segment) => `${line(srtText(segment.speaker))}: `)
                .find((lead) => line(entry.text).startsWith(lead));
              return line(entry.text).slice(name?.length ?? 0);
            })
            .join(' '),
        ),
        words(...spoken(one).map((segment) => srtText(segment.text))),
      );
      entries.forEach(({ from, to, id }, i) =>
        ok(
          from <= to &&
            to - from <= 7_000 &&
            from >= (entries[i - 1]?.from ?? 0) &&
            id === `${i + 1}`,
          `cue ${id}: ${from} to ${to}`,
        ),
      );
    }));

  it('WebVTT: valid for the parser of the specification, with every word', () =>
    holds((one) => {
      const { cues, errors } = new WebVTTParser().parse(renderExport('vtt', [one]), 'subtitles');
      deepEqual(
        errors.map(({ message }) => message),
        [],
      );
      const shown = cues.map((cue) =>
        cue.text
          .replace(/^<v [^>]*>/, '')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&amp;', '&'),
      );
      equal(words(...shown), words(...spoken(one).map((segment) => segment.text)));
    }));

  it('Markdown: one heading, one section, a paragraph for each segment', () =>
    holds((one) => {
      const tokens = lexer(renderExport('md', [one])).filter(({ type }) => type !== 'space');
      const headings = tokens.filter((token): token is Tokens.Heading => token.type === 'heading');
      deepEqual(
        headings.map(({ depth, text: title }) => [depth, title]),
        [
          [1, 'A talk'],
          [2, 'Transcript'],
        ],
      );
      const rest: readonly Token[] = tokens.filter(({ type }) => type !== 'heading');
      ok(
        rest.every(({ type }) => type === 'paragraph'),
        rest.map(({ type }) => type).join(),
      );
      equal(rest.length, spoken(one).length);
    }));

  it('JSON and JSON lines: the segments as they are', () =>
    holds((one) => {
      const shape = ({ speaker: name, text: said }: { speaker: string; text: string }) => [
        name,
        said,
      ];
      const all = JSON.parse(renderExport('json', [one])) as {
        segments: readonly { speaker: string; text: string }[];
      };
      const lines = renderExport('jsonl', [one])
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => JSON.parse(row) as { speaker: string; text: string });
      deepEqual(
        [all.segments.map(shape), lines.map(shape)],
        [spoken(one).map(shape), spoken(one).map(shape)],
      );
    }));

  it('RTTM: ten fields in each line', () =>
    holds((one) => {
      const rows = renderExport('rttm', [one]).split('\n').slice(0, -1);
      equal(rows.length, spoken(one).length);
      for (const row of rows) {
        const fields = row.split(' ');
        deepEqual(
          [fields.length, fields[0], fields[1], Number(fields[3]) >= 0, Number(fields[4]) > 0],
          [10, 'SPEAKER', 'my_talk.v2', true, true],
          row,
        );
      }
    }));
});
