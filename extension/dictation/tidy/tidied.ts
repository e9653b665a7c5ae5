/** The text that a target gets: tidied up where the user wants that and the target is prose. */
import type { DictationStop } from '../../../protocol/dictation';
import type { ResultOf } from '../../../protocol/method';
import type { Surface } from '../surfaces/surface';

type Answer = ResultOf<typeof DictationStop>;

/** @returns undefined if the text stays as it is */
export type Tidier = (text: string) => Promise<string | undefined>;

export async function tidied(
  { tidies }: Surface,
  answer: Answer,
  tidier: Tidier | undefined,
): Promise<Answer & { readonly untidied?: string }> {
  const { text, texts } = answer;
  if (tidies !== true || tidier === undefined || text.trim() === '' || texts.length > 1)
    return answer;
  const better = await tidier(texts[0] ?? text);
  return better === undefined
    ? answer
    : { ...answer, text: better, texts: texts.map(() => better), untidied: text };
}
