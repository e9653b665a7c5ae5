/** Finds the name with which the user replaced dictated text. Pure. */

/** Maximum length of a name in the vocabulary. */
const NAME_MAX = 60;
/** Maximum number of recognised words for one name. */
const WORDS_MAX = 5;
/**
 * A name in the code or of a person, place or product. It begins with a capital, or contains a
 * capital, a digit or a mark.
 */
const NAME = /^[\p{L}_$@][\p{L}\p{N}_$.\-/]*$/u;
const TELLING = /[\p{Lu}\p{N}_$./-]/u;

/**
 * @param before the text as inserted
 * @param after the text when the user has stopped typing
 * @returns the intended name; undefined if the change does not replace exactly one name
 */
export function correctedName(before: string, after: string): string | undefined {
  const [was, is] = [words(before), words(after)];
  let start = 0;
  while (start < was.length && start < is.length && was[start] === is[start]) start++;
  let end = 0;
  while (
    end < was.length - start &&
    end < is.length - start &&
    was[was.length - 1 - end] === is[is.length - 1 - end]
  )
    end++;
  const recognised = was.slice(start, was.length - end);
  const meant = is.slice(start, is.length - end);
  const [name] = meant;
  if (
    meant.length !== 1 ||
    name === undefined ||
    recognised.length === 0 ||
    recognised.length > WORDS_MAX
  )
    return undefined;
  if (name.length < 2 || name.length > NAME_MAX || !NAME.test(name) || !TELLING.test(name))
    return undefined;
  // A change of the first letter's case depends on the sentence, not on the name.
  const first = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
  return first(recognised.join(' ')) === first(name) ? undefined : name;
}

/** Words without surrounding punctuation. */
function words(text: string): string[] {
  return text
    .split(/\s+/u)
    .map((word) => word.replace(/^[("'“‘[{]+|(?<![)"'”’\]},;:!?])[)"'”’\]},;:!?]+$|\.$/gu, ''))
    .filter((word) => word !== '');
}
