import { deepEqual, ok } from 'node:assert/strict';
import { createAnalyzerFactory } from '../../../../daemon/insights/analyzerFactory';
import { BARE_PRONOUN } from '../../../../daemon/insights/text/saysEnough';
import { parseAnalysisInput } from '../../../../daemon/insights/text/plainText';

function texts(...dialogue: string[]): string[] {
  const analyzer = createAnalyzerFactory().create({ startedAt: '2026-11-23T09:30:00+01:00' });
  analyzer.update(parseAnalysisInput(dialogue.join('\n')));
  analyzer.finish();
  return analyzer.insights
    .filter(({ kind }) => kind === 'action' || kind === 'decision')
    .map(({ text }) => text);
}

describe('texts of items', () => {
  it('keep a text that names a thing and says what happens to it', () =>
    deepEqual(texts("Mei: I'll rewrite the export of the invoices."), [
      'Rewrite the export of the invoices',
    ]));
  it('become a quote with its speaker and topic where the object is a pronoun', () =>
    deepEqual(texts('Jonas: The flaky login test failed again.', "Mei: I'll fix that today."), [
      `Mei: "I'll fix that today" — about the flaky login test`,
    ]));
  it('name the topic in brackets where the quote ends with the pronoun', () =>
    deepEqual(texts('Jonas: The flaky login test failed again.', "Mei: Okay, I'll look at it."), [
      `Mei: "I'll look at [the flaky login test]"`,
    ]));
  it('never break off and never end with a bare pronoun', () => {
    for (const said of ["I'll finish that.", "I'll do it, the, um,", "Yeah, I'll take those."])
      for (const text of texts('Jonas: The nightly backup of the wiki broke.', `Mei: ${said}`))
        ok(!BARE_PRONOUN.test(`${text}.`) && !/,"?$/.test(text), text);
  });
  it('are left out where no line says what they are about', () =>
    deepEqual(texts('Jonas: Hm.', "Mei: I'll do it."), []));
});
