/** Every rule matches its own examples and none of its counter-examples. */
import { deepEqual, equal } from 'node:assert/strict';
import { CUE_RULES, readClause } from '../../../daemon/insights/cues';
import { findDueSpans } from '../../../daemon/insights/due';
import { splitSentences } from '../../../daemon/insights/language/clauses';
import { winkNlp } from '../../../daemon/insights/language/nlp';
import { DUE_RULES } from '../../../daemon/insights/rules/due';
import { MODE_RULES } from '../../../daemon/insights/rules/modality';

const nlp = winkNlp();

/** Kinds of cue and mode in all clauses of a text; `#Ben` stands for a known name. */
function read(example: string) {
  const names = new Set([...example.matchAll(/#(\w+)/g)].map(([, name]) => name!.toLowerCase()));
  const text = example.replace(/#/g, '');
  const isName = (token: { norm: string }) => names.has(token.norm);
  const clauses = splitSentences(text, nlp.tokens(text), isName).flatMap((sentence) =>
    sentence.clauses.map((clause) => readClause(clause, isName)),
  );
  return {
    rules: new Set(clauses.flatMap(({ cues }) => cues.map(({ rule }) => rule.id))),
    modes: new Set(clauses.flatMap(({ modes }) => [...modes])),
  };
}

describe('rules for what a clause does', () => {
  for (const { id, examples, not } of CUE_RULES) {
    it(id, () => {
      const verdict = (sentences: readonly string[]) =>
        Object.fromEntries(sentences.map((sentence) => [sentence, read(sentence).rules.has(id)]));
      deepEqual(verdict(examples), Object.fromEntries(examples.map((e) => [e, true])));
      deepEqual(verdict(not ?? []), Object.fromEntries((not ?? []).map((e) => [e, false])));
    });
  }
  it('have ids of their own', () =>
    equal(new Set(CUE_RULES.map(({ id }) => id)).size, CUE_RULES.length));
});

describe('rules for what keeps a clause from counting', () => {
  for (const { id, kind, examples, not } of MODE_RULES) {
    it(id, () => {
      deepEqual(
        examples.filter((e) => !read(e).modes.has(kind)),
        [],
      );
      deepEqual(
        (not ?? []).filter((e) => read(e).modes.has(kind)),
        [],
      );
    });
  }
});

describe('rules for due phrases', () => {
  const phrases = (text: string) => {
    const words = nlp.tokens(text);
    return findDueSpans(words).map(({ from, to }) =>
      text.slice(words[from]!.start, words[to - 1]!.end),
    );
  };
  for (const { id, examples, not } of DUE_RULES) {
    it(id, () => {
      for (const example of examples) {
        const expected = [...example.matchAll(/\[([^\]]*)\]/g)].map(([, phrase]) => phrase);
        deepEqual(phrases(example.replace(/[[\]]/g, '')), expected, example);
      }
      for (const example of not ?? []) deepEqual(phrases(example), [], example);
    });
  }
});
