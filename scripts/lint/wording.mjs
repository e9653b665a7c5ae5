// Searches for words and sentence openings that documents, the interface and identifiers avoid.
// CONTRIBUTING.md explains the style under "Words".

/**
 * Words to avoid → replacements. `sound` is permitted in names of other products: a sound card, a
 * sound server, the settings page "Sound".
 * @type {{pattern: RegExp, instead: string}[]}
 */
export const BANNED_WORDS = [
  { pattern: /\bheard\b/i, instead: 'recognised, recorded' },
  { pattern: /\btold\b/i, instead: 'reported, named' },
  { pattern: /\blikeness(es)?\b/i, instead: 'similarity, correlation' },
  { pattern: /\brefuges?\b/i, instead: 'fallback store' },
  { pattern: /\brungs?\b/i, instead: 'degradation level' },
  { pattern: /\bfigures?\b/i, instead: 'metrics, results, numbers' },
  {
    pattern:
      /(?<!\b(?:they|words|names|it) )\bsound\b(?! (?:cards?|devices?|servers?|settings|hardware|alike|like)\b)/i,
    instead: 'audio',
  },
  { pattern: /\bwho(?:so)?ever\b/i, instead: 'the noun: the administrator, the owner' },
  { pattern: /\bwho runs\b/i, instead: 'the administrator' },
  { pattern: /\bwhere there (?:is|are) (?:one|none|no)\b/i, instead: 'if …' },
  { pattern: /\basked window by window\b/i, instead: 'one request per window' },
  { pattern: /\bread(?:s|ing)? (?:\S+ ){0,3}along\b/i, instead: 'use … to write' },
];

/** Openings of statements. Questions and headings may begin with these words. */
export const BANNED_OPENINGS = [
  { pattern: /^(?:What|Whatever)\s+(?=\w)/, instead: 'the noun' },
  { pattern: /^(?:Who|Whoever)\s+(?=\w)/, instead: 'the noun' },
  { pattern: /^Where there\b/, instead: 'If' },
  { pattern: /^As (?:much|many)\b/, instead: 'the number' },
];

const blank = (text) => text.replace(/[^\n]/g, ' ');

/**
 * Text without code, HTML comments and link addresses. Every remaining character keeps its
 * position.
 */
function prose(text) {
  return text
    .replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/``(?:[^`]|`(?!`))+``|`[^`\n]+`/g, blank)
    .replace(/(?<=\])\([^)\s]+\)/g, blank)
    .replace(/\b(?:https?|wss?):\/\/\S+/g, blank);
}

/**
 * Starts of sentences: at the start of a line or table cell, after a list mark, after a full stop.
 */
const START = /(?:^[ \t]*(?:[-*+>]\s+|\d+\.\s+|\|\s*)*|\|\s*|[.!?:][)"*_]*\s+)[*_"“]*/gm;

const isQuestion = (text, from) => /^[^.!?|]*\?/.test(text.slice(from));

/**
 * Banned words and openings in a text, which may be Markdown.
 * @param {string} text
 * @returns {{line: number, word: string, instead: string}[]} in the order of the text; lines from 1
 */
export function badWording(text) {
  const clean = prose(text);
  /** @type {{at: number, word: string, instead: string}[]} */
  const found = [];
  for (const { pattern, instead } of BANNED_WORDS)
    for (const match of clean.matchAll(new RegExp(pattern, `${pattern.flags}g`)))
      found.push({ at: match.index, word: match[0], instead });
  for (const start of clean.matchAll(START)) {
    const at = start.index + start[0].length;
    const rest = clean.slice(at, at + 500);
    for (const { pattern, instead } of BANNED_OPENINGS) {
      const match = pattern.exec(rest);
      if (match && !isQuestion(rest, 0)) found.push({ at, word: `${match[0].trim()} …`, instead });
    }
  }
  const seen = new Set();
  return found
    .sort((a, b) => a.at - b.at)
    .filter(({ at, word }) => !seen.has(`${at} ${word}`) && seen.add(`${at} ${word}`))
    .map(({ at, word, instead }) => ({
      line: clean.slice(0, at).split('\n').length,
      word,
      instead,
    }));
}
