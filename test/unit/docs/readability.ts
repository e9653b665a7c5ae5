/** Prose of a Markdown page, and how easily it reads. */
import { flesch } from 'flesch';
import { syllable } from 'syllable';

/**
 * Sentences of paragraphs and list items, without code, tables, headings, pictures, comments and
 * addresses of links. Code inside a sentence counts as one short word.
 */
export function sentences(markdown: string): string[] {
  const text = markdown
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/^\s*(?:\||#|!\[).*$/gm, '')
    .replace(/`[^`\n]+`/g, 'code')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_]/g, '')
    .replace(/^\s*(?:[-+]|\d+\.)\s+/gm, '\n');
  return text
    .split(/\n\s*\n|(?<=[.!?])\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\p{L}{2}/u.test(sentence));
}

const words = (text: string): string[] =>
  text.match(/\p{L}[\p{L}\p{N}'’-]*|\p{N}[\p{N}.,]*/gu) ?? [];

/** Flesch reading ease: 100 is very easy, 0 very hard. 206.835 − 1.015 w/s − 84.6 syllables/w. */
export function readingEase(markdown: string): number {
  const all = sentences(markdown);
  const counted = all.flatMap(words);
  return flesch({
    sentence: all.length,
    word: counted.length,
    syllable: counted.reduce((sum, word) => sum + Math.max(1, syllable(word)), 0),
  });
}

/** Words of each list item, lines of code inside it left out. */
export function bullets(markdown: string): { text: string; words: number }[] {
  const items = markdown
    .replace(/^```[\s\S]*?^```/gm, '')
    .match(/^[ \t]*(?:[-*+]|\d+\.)[ \t]+.*(?:\n[ \t]+\S.*)*/gm);
  return (items ?? []).map((item) => {
    const text = item.replace(/^[ \t]*(?:[-*+]|\d+\.)[ \t]+/, '');
    return { text, words: text.split(/\s+/).filter(Boolean).length };
  });
}
