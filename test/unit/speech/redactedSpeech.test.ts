/**
 * Secrets are taken out of what was transcribed, words and times included, where that is wanted.
 */
import { deepEqual } from 'node:assert/strict';
import type { AsrResult } from '../../../daemon/asr/contract/provider';
import { redactedResult } from '../../../daemon/speech/redactedSpeech';
import { Harness, say } from '../../../testing/harness/sessionHarness';

function said(text: string): AsrResult {
  const words = text.split(' ').map((word, i) => ({
    text: word,
    startMs: i * 100,
    endMs: i * 100 + 90,
    confidence: 1,
    timing: 'model' as const,
  }));
  return { text, words, confidence: 1, language: 'en', inferenceMs: 1 };
}

describe('promise: transcripts have no secrets if that is set', () => {
  const check = (text: string, expected: string, times: readonly string[]): void =>
    void it(expected, () => {
      const { text: left, words } = redactedResult(said(text));
      deepEqual([left, words.map((w) => `${w.text} ${w.startMs}-${w.endMs}`)], [expected, times]);
    });
  check('we ship it today', 'we ship it today', [
    'we 0-90',
    'ship 100-190',
    'it 200-290',
    'today 300-390',
  ]);
  check('mail me at ana@example.com please', 'mail me at [email] please', [
    'mail 0-90',
    'me 100-190',
    'at 200-290',
    '[email] 300-390',
    'please 400-490',
  ]);
  check('write to ana at example dot com please', 'write to [email] please', [
    'write 0-90',
    'to 100-190',
    '[email] 200-690',
    'please 700-790',
  ]);
  check('the card is 4111 1111 1111 1111 thanks', 'the card is [card] thanks', [
    'the 0-90',
    'card 100-190',
    'is 200-290',
    '[card] 300-690',
    'thanks 700-790',
  ]);
  check('4111 1111 1111 1111', '[card]', ['[card] 0-390']);
  check(
    'the password is hunter42x. then ana at example dot com',
    'the password is [token] then [email]',
    [
      'the 0-90',
      'password 100-190',
      'is 200-290',
      '[token] 300-390',
      'then 400-490',
      '[email] 500-990',
    ],
  );
});

describe('secrets in a session', () => {
  const texts = async (redactTranscript: boolean, kind: 'meeting' | 'dictation') => {
    const harness = new Harness({ redactTranscript });
    harness.engine.script = () => said('mail ana@example.com please');
    const partials: string[] = [];
    const id = await harness.pushed(
      { kind, sources: [{ source: 'mic', origin: { type: 'capture' } }], partials: true },
      (event) => event.kind === 'partial' && partials.push(`${event.stable} ${event.unstable}`),
    );
    await harness.speak('mic', say(31));
    for (let t = 0; t < 10; t++) await harness.pass(100);
    const shown = partials.filter((text) => text.trim() !== '').join();
    const finals = await harness.texts(id);
    harness.dispose();
    return { finals, open: shown.includes('ana@'), redacted: shown.includes('[email]') };
  };
  it('are redacted in finals and partials of a meeting if that is set', async () =>
    deepEqual(await texts(true, 'meeting'), {
      finals: ['mail [email] please'],
      open: false,
      redacted: true,
    }));
  it('stay if it is not set, and in dictations', async () => {
    const kept = { finals: ['mail ana@example.com please'], open: true, redacted: false };
    deepEqual([await texts(false, 'meeting'), await texts(true, 'dictation')], [kept, kept]);
  });
});
