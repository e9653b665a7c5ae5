/**
 * Numbers, days and times of day in transcripts, in written form. Every number is converted as a
 * whole or stays in words.
 */
import { matchNumber, type NumberMatch } from './numbers';
import { ORDINALS, TENS, VALUES } from './numberWords';
import { sentenceEndsBefore, splitWords, type WordList } from './words';

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const MONTH_NAMES: ReadonlyMap<string, string> = new Map(
  MONTHS.map((name) => [name.toLowerCase(), name]),
);
const DAYS_MAX = 31;
/** Without one of these words there is nothing to convert. Most sentences have none. */
const NUMBERISH =
  /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|\w+teenth|hundred|thousand|january|february|march|april|may|june|july|august|september|october|november|december)\b/i;

/** The written form at a word, and the number of words it replaces. */
interface Written {
  readonly count: number;
  readonly written?: string;
}

/**
 * "November twenty third" is "November 23", "at three thirty pm" is "at 3:30 pm", "ten percent" is
 * "10%".
 */
export function writeNumbers(text: string): string {
  if (!NUMBERISH.test(text)) return text;
  const list = splitWords(text.replace(/(\p{L}\s+[ap])\.m\b\.?/gu, '$1m'));
  const reader = new NumberReader(list);
  let out = '';
  for (let i = 0; i < list.words.length;) {
    const found = reader.at(i);
    const count = found?.count ?? 1;
    out += list.gaps[i] ?? '';
    out += found?.written ?? reader.asSaid(i, count);
    i += count;
  }
  return out + (list.gaps.at(-1) ?? '');
}

class NumberReader {
  private readonly norms: readonly string[];

  constructor(private readonly list: WordList) {
    this.norms = list.words.map((word) => word.toLowerCase());
  }

  at(i: number): Written | undefined {
    if (this.month(i) !== undefined) return this.day(i);
    const hour = VALUES.has(this.norms[i] ?? '');
    const special = this.day(i) ?? (hour ? this.time(i) : undefined);
    if (special) return special;
    const number = matchNumber(this.norms, i, (k) => this.breaks(k));
    return number && this.inSentence(i, number);
  }

  asSaid(at: number, count: number): string {
    return this.list.words
      .slice(at, at + count)
      .map((word, i) => (i === 0 ? word : `${this.list.gaps[at + i] ?? ' '}${word}`))
      .join('');
  }

  private breaks(i: number): boolean {
    return /[^\s\-–]/u.test(this.list.gaps[i] ?? '');
  }

  /**
   * A quantity at the start of a sentence stays in words; "ten past nine" is converted anywhere.
   */
  private inSentence(at: number, { count, written, kind }: NumberMatch): Written {
    if (written === undefined) return { count };
    const after = this.breaks(at + count) ? '' : (this.norms[at + count] ?? '');
    const quantity = kind === 'cardinal' || kind === 'year' || kind === 'ordinal';
    if (quantity && this.opensSentence(at)) return { count };
    if (
      after === 'to' &&
      kind === 'cardinal' &&
      /^(?:at|by|until|till)$/.test(this.norms[at - 1] ?? '')
    )
      return { count };
    const shown = kind === 'cardinal' ? grouped(written) : written;
    return after === 'percent'
      ? { count: count + 1, written: `${shown}%` }
      : { count, written: shown };
  }

  private opensSentence(at: number): boolean {
    return at === 0 || sentenceEndsBefore(this.list, at);
  }

  private ordinal(i: number): { readonly count: number; readonly day: number } | undefined {
    const tens = VALUES.get(this.norms[i] ?? '') ?? 0;
    const unit = ORDINALS.get(this.norms[i + 1] ?? '') ?? 10;
    if (TENS.includes(this.norms[i] ?? '-') && unit < 10 && !this.breaks(i + 1))
      return { count: 2, day: tens + unit };
    const day = ORDINALS.get(this.norms[i] ?? '');
    return day === undefined ? undefined : { count: 1, day };
  }

  private month(i: number): string | undefined {
    return MONTH_NAMES.get(this.norms[i] ?? '');
  }

  /** A day of a month, where the month is said with it. Alone, "the twenty third" is a rank. */
  private day(at: number): Written | undefined {
    const name = this.month(at);
    const the = (i: number): number => (this.norms[i] === 'the' ? 1 : 0);
    if (name !== undefined) {
      const from = at + 1 + the(at + 1);
      const day = this.breaks(at + 1) ? undefined : this.ordinal(from);
      return day && day.day <= DAYS_MAX
        ? { count: from - at + day.count, written: `${name} ${day.day}` }
        : undefined;
    }
    const from = at + the(at);
    const day = this.ordinal(from);
    if (!day || day.day > DAYS_MAX) return undefined;
    const end = from + day.count;
    const of = this.norms[end] === 'of' ? 1 : 0;
    const after = this.month(end + of);
    return after !== undefined && !this.breaks(end)
      ? { count: end + of + 1 - at, written: `${day.day} ${after}` }
      : undefined;
  }

  /** "three thirty pm", "nine am". */
  private time(at: number): Written | undefined {
    const value = (i: number, j: number): number | undefined => {
      const found = matchNumber([...this.norms.slice(i, j), 'seconds'], 0, () => false);
      return found?.count === j - i && found.written !== undefined
        ? Number(found.written)
        : undefined;
    };
    const hour = value(at, at + 1);
    if (hour === undefined || hour < 1 || hour > 12) return undefined;
    for (const minutes of [0, 1, 2]) {
      const half = /^[ap]m$/.exec(this.norms[at + 1 + minutes] ?? '')?.[0];
      const minute = minutes === 0 ? 0 : value(at + 1, at + 1 + minutes);
      const parted = [...Array(minutes + 1).keys()].some((k) => this.breaks(at + 1 + k));
      if (half === undefined || minute === undefined || parted) continue;
      if (minute < 60 && (minutes === 0 || minute >= 10))
        return {
          count: 2 + minutes,
          written: `${hour}${minutes === 0 ? '' : `:${minute}`} ${half}`,
        };
    }
    return undefined;
  }
}

/** 12000 is "12,000". Years and ports have four digits and stay. */
function grouped(written: string): string {
  if (!/^[1-9]\d{4,}$/.test(written)) return written;
  const head = written.length % 3 || 3;
  return [written.slice(0, head), ...(written.slice(head).match(/\d{3}/g) ?? [])].join(',');
}
