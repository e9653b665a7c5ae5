/** Spoken names of the code become links of insights; "this function" is what was looked at. */
import { deepEqual } from 'node:assert/strict';
import { openCmuDictionary } from '../../../../daemon/adapters/dictionary/cmuDictionary';
import type { Insight } from '../../../../daemon/insights/types';
import { Pronouncer } from '../../../../daemon/dictation/pronounce';
import { SymbolSpeller } from '../../../../daemon/dictation/respell';
import { splitWords } from '../../../../daemon/transcript/words';
import { CodeContext } from '../../../../daemon/session/insights/codeContext';
import { type CodeSymbol } from '../../../../daemon/session/contract/code';

const pronouncer = new Pronouncer(openCmuDictionary());
const context = (): CodeContext =>
  new CodeContext([], (names) => {
    const speller = new SymbolSpeller(names, pronouncer);
    return Promise.resolve({
      find: (text) => speller.find(splitWords(text)).map(({ name }) => name),
      phrases: speller.phrases,
    });
  });
const action = (quote: string, endMs = 1_000, symbols: Insight['symbols'] = []): Insight => ({
  id: 'a1',
  kind: 'action',
  text: quote,
  status: 'open',
  confidence: 1,
  evidence: [{ segmentId: 's1', startMs: 0, endMs, quote }],
  symbols,
});
const store: CodeSymbol = { name: 'SessionStore', uri: 'src/sessionStore.ts', line: 12 };

describe('code context', () => {
  it('links what is named', async () => {
    const code = context();
    await code.setSymbols([store, { name: 'retry_with_backoff' }]);
    deepEqual(
      code.link(action('Write the adapter for session store and wrap it in retry with back off'))
        .symbols,
      [store, { name: 'retry_with_backoff' }],
    );
    deepEqual(code.link(action('We had a session at the store')).symbols, []);
  });

  it('tells what is likely to be said, as it would be written', async () => {
    const code = context();
    deepEqual(code.phrases, []);
    await code.setSymbols([store, { name: 'retry_with_backoff' }, { name: 'open' }]);
    deepEqual(code.phrases, ['session store', 'retry with backoff']);
  });

  it('learns names once, and the last ones win', async () => {
    const asked: string[][] = [];
    const answers: (() => void)[] = [];
    const code = new CodeContext(
      [],
      (names, wanted) =>
        new Promise((resolve) => {
          asked.push([...names]);
          answers.push(() =>
            resolve({ find: () => [], phrases: wanted() ? names : ['of no use'] }),
          );
        }),
    );
    const all = [
      code.setSymbols([store]),
      code.setSymbols([{ ...store, line: 13 }]),
      code.setSymbols([{ name: 'parseConfig' }]),
    ];
    for (const answer of answers.reverse()) answer();
    await Promise.all(all);
    deepEqual([asked, code.phrases], [[['SessionStore'], ['parseConfig']], ['parseConfig']]);
  });

  it('knows which function is meant', () => {
    const code = context();
    code.look(0, { name: 'parseConfig', uri: 'a.ts', line: 3 });
    code.look(5_000, { name: 'loadSettings', uri: 'b.ts', line: 9 });
    deepEqual(
      [
        code.link(action('Somebody should split this function', 4_000)),
        code.link(action('I will test this function', 6_000)),
        code.link(action('I will test it', 6_000)),
      ].map(({ symbols }) => symbols.map(({ name }) => name)),
      [['parseConfig'], ['loadSettings'], []],
    );
  });

  it('keeps the links there are, and adds none twice', async () => {
    const code = context();
    await code.setSymbols([store]);
    const linked = code.link(action('Fix session store', 0, [store]));
    deepEqual([linked.symbols, code.link(linked) === linked], [[store], true]);
  });

  it('remembers so many looks and no more', () => {
    const code = context();
    for (let i = 0; i < 20_000; i++) code.look(i, { name: `f${i}` });
    deepEqual(code.link(action('this function', 3)).symbols, [{ name: 'f15000' }]);
  });
});
