/**
 * What a scripted language model says: the exam, and the notes of the meeting `mobile-team-sync`.
 * Imports nothing, so that it can be bundled into the companion of the test host.
 */

/** `lies`: writes a decision that the meeting turned down, and denies it when it is asked. */
export type ModelMood = 'good' | 'lies' | 'middle' | 'weak' | 'refuses' | 'limited' | 'slow';

const EXAM = { a: 'nightly backup', b: 'no', c: 'Emil', d: 'Monday', e: 4 };

const item = (kind: string, text: string, line: number, quote: string, more: object = {}) => ({
  kind,
  text,
  quotes: [{ line, quote }],
  ...more,
});

const NOTES = {
  items: [
    item(
      'action',
      'Put the part about analytics back into the privacy text',
      7,
      "I'll have it in review within the hour",
      { owner: 'Tim', due: 'within the hour' },
    ),
    item('decision', 'Push notifications are capped at two a week', 24, 'We cap it at two a week'),
  ],
  summary: [
    {
      text: 'The store rejected the build because the privacy text is missing the part about analytics.',
      quotes: [
        { line: 2, quote: 'the store rejected our build on Saturday' },
        { line: 4, quote: 'The privacy text is missing the part about analytics' },
      ],
    },
  ],
};

/** Its words are spoken, and its meaning is the opposite. */
export const LIE = 'The beta group is open for now';

/** Text of the action in {@link NOTES}. */
export const WRITTEN_ACTION = NOTES.items[0]!.text;

/** Answer to a prompt of the note writer. */
export function scriptedAnswer(prompt: string, mood: ModelMood): string {
  if (prompt.includes('Answer five questions')) {
    if (mood === 'weak') return JSON.stringify({ ...EXAM, a: 'page', b: 'yes', c: 'Jan' });
    return JSON.stringify(mood === 'middle' ? { ...EXAM, c: 'Jan', e: 5 } : EXAM);
  }
  if (prompt.includes('"about"'))
    return JSON.stringify({ about: 'privacy text', text: 'Put the privacy text back' });
  if (prompt.includes('Each statement below')) {
    const texts = [...prompt.matchAll(/^Statement \d+: (.*)$/gm)].map(([, text]) => text ?? '');
    const answers = texts.map((text, i) => ({ n: i + 1, says: text === LIE ? 'no' : 'yes' }));
    return JSON.stringify({ answers });
  }
  return JSON.stringify(
    mood === 'lies'
      ? {
          ...NOTES,
          items: [...NOTES.items, item('decision', LIE, 38, 'We keep it closed for now')],
        }
      : NOTES,
  );
}
