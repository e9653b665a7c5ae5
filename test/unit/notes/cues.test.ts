/** Subtitles that can be read: two lines of 42 characters, 7 s, every word, in order. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { renderExport } from '../../../daemon/notes/exports';
import { parseSubtitles } from '../../../daemon/insights/text/subtitles';
import type { ExportSession } from '../../../daemon/notes/types';

const MS_A_WORD = 350;
const session = (texts: readonly string[]): ExportSession => {
  let at = 0;
  return {
    file: 'a.wav',
    segments: texts.map((text, i) => {
      const words = text.split(' ').map((word) => {
        at += MS_A_WORD;
        return {
          text: word,
          startMs: at - MS_A_WORD,
          endMs: at,
          confidence: 1,
          timing: 'model' as const,
        };
      });
      return {
        id: String(i),
        startMs: words[0]?.startMs ?? at,
        endMs: at,
        source: 'file',
        speaker: 'Ben',
        text,
        confidence: 1,
        words,
      };
    }),
  };
};

describe('subtitle cues', () => {
  it('are short enough to read and keep every word at its time, in 500 sessions', () => {
    const word = fc.constantFrom(
      ...'we deploy the parser on Friday. Fine, <b> & --> done?'.split(' '),
    );
    const text = fc.array(word, { minLength: 1, maxLength: 60 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
        for (const format of ['srt', 'vtt'] as const) {
          const out = renderExport(format, [session(texts)]);
          const body = out
            .split('\n')
            .filter((line) => line !== '' && !/^\d+$|^WEBVTT|^\d\d:/.test(line));
          for (const line of body)
            ok(line.replace(/^<v Ben>/, '').replace(/&\w+;/g, '&').length <= 42, line);
          const cues = parseSubtitles(out.split('\n'));
          cues.forEach(({ startMs, endMs }, i) => {
            ok(endMs - startMs <= 7_000, `${endMs - startMs} ms`);
            ok(startMs >= (cues[i - 1]?.endMs ?? 0), 'in order');
          });
          if (format === 'vtt') equal(cues.map((cue) => cue.text).join(' '), texts.join(' '));
        }
      }),
      { numRuns: 500 },
    );
  });
  it('are numbered on from one session to the next', () => {
    const out = renderExport('srt', [session(['One.']), session(['Two.'])]);
    deepEqual(out.match(/^\d+$/gm), ['1', '2']);
  });
});
