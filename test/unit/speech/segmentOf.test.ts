import { ok } from 'node:assert/strict';
import fc from 'fast-check';
import { segmentOf } from '../../../daemon/speech/segmentOf';
import type { Phrase } from '../../../daemon/vad/contract';

describe('segmentOf', () => {
  it('keeps every word within its segment, in order, at any estimated times', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 20 }),
        (startMs, speechMs, lengths) => {
          let at = 0;
          const words = lengths.map((length) => {
            const word = { text: 'a', startMs: at, endMs: at + length, confidence: 1 };
            at = word.endMs;
            return { ...word, timing: 'estimated' as const };
          });
          const segment = segmentOf(
            { id: 's', source: 'mic', startMs, speechEndMs: startMs + speechMs } as Phrase,
            { text: 'a', words, confidence: 1, language: 'en', inferenceMs: 1 },
          )!;
          let before = segment.startMs;
          for (const word of segment.words ?? []) {
            ok(before <= word.startMs && word.startMs <= word.endMs, JSON.stringify(word));
            ok(word.endMs <= segment.endMs, `${word.endMs} after ${segment.endMs}`);
            before = word.startMs;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
