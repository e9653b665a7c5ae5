/**
 * Identifiers and file names in spoken form: `AUTH_TOKEN_TTL` → auth token T T L, `index.ts` →
 * index dot T S.
 */
import type { Pronouncer } from './pronounce';
import { type Phonemes, joinPhonemes, toPhonemes } from './phonemes';

export type SymbolStyle = 'camel' | 'pascal' | 'snake' | 'constant' | 'file' | 'word';

export interface SpokenSymbol {
  readonly name: string;
  /** Index in its list; the first is nearest to the cursor. */
  readonly rank: number;
  readonly style: SymbolStyle;
  /** As spoken, lower case; `dot` stands for the dot of a file name. */
  readonly words: readonly string[];
  /** It has spelled capitals, digits or a dot, which are not spoken in prose. */
  readonly technical: boolean;
  /** All pronunciations. */
  readonly forms: readonly Phonemes[];
  /** Phonemes in the shortest pronunciation. */
  readonly shortest: number;
}

/** Pronunciations tried per symbol. */
const MAX_FORMS = 8;
const MAX_NAME = 100;
const DOT = toPhonemes('D AA T');

/** @returns undefined for names without a letter, operators and names that are too long */
export function spokenSymbol(
  name: string,
  rank: number,
  pronouncer: Pronouncer,
): SpokenSymbol | undefined {
  const trimmed = name.trim();
  if (trimmed.length > MAX_NAME || !/[A-Za-z]/.test(trimmed)) return undefined;
  const base = trimmed.split(/[\\/]/).at(-1) ?? trimmed;
  const parts = identifierParts(base);
  if (parts.length === 0) return undefined;
  const style = styleOf(base);
  // A constant is all capitals, so capitals do not mark spelled letters there.
  const shown = parts.map((part) => (style === 'constant' ? part.toLowerCase() : part));
  let forms: Phonemes[][] = [[]];
  shown.forEach((part, i) => {
    const readings = part === '.' ? [DOT] : pronouncer.of(part);
    forms = forms.flatMap((form) => readings.map((reading) => [...form, reading]));
    // Later words keep their first reading when the combinations multiply.
    if (forms.length > MAX_FORMS)
      forms = forms.slice(0, Math.max(1, i === shown.length - 1 ? MAX_FORMS : MAX_FORMS / 2));
  });
  if (style === 'file')
    forms = forms.flatMap((form) => [form, form.filter((part) => part !== DOT)]);
  const phonemes = forms.map(joinPhonemes).filter((form) => form.length > 0);
  if (phonemes.length === 0) return undefined;
  return {
    name: trimmed,
    rank,
    style,
    words: parts.map((part) => (part === '.' ? 'dot' : part.toLowerCase())),
    technical:
      style === 'file' ||
      (style !== 'constant' && parts.some((part) => /^[A-Z]{2,}$|^\d+$/.test(part))) ||
      parts.some((part) => part.length > 1 && !/[aeiouy]/i.test(part) && part !== '.'),
    forms: phonemes,
    shortest: Math.min(...phonemes.map((form) => form.length)),
  };
}

/** Words of an identifier; dots of a file name are words of their own. */
function identifierParts(name: string): string[] {
  return name.match(/(?<![A-Z])[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|\d+|(?<=[\w-])\.(?=\w)/g) ?? [];
}

function styleOf(name: string): SymbolStyle {
  if (/\w\.[A-Za-z]\w{0,9}$/.test(name)) return 'file';
  const bare = name.replace(/^[_$#@.]+/, '');
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(bare)) return 'constant';
  if (/[_-]/.test(bare)) return 'snake';
  if (identifierParts(bare).length === 1) return 'word';
  return /^[A-Z]/.test(bare) ? 'pascal' : 'camel';
}
