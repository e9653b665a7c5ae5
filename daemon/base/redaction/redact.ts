/**
 * Removes secrets from a text: keys, tokens, card numbers, e-mail addresses. The surrounding text
 * stays.
 */
import { JWT, PRIVATE_KEY, PUBLISHED_KEYS, SAS, TELEGRAM, WEBHOOK } from './secretPatterns';

interface Rule {
  readonly kind: 'key' | 'token' | 'card' | 'email';
  /**
   * Without groups the whole match is the secret; otherwise group 1 stays and group 2 is the
   * secret.
   */
  readonly pattern: RegExp;
  /** Confirms that a match is a secret. @param before text in front of the match */
  readonly secret?: (found: string, before: string) => boolean;
}

/** Longer than most identifiers; a shorter limit would remove half of a developer's talk. */
const RANDOM_LEAST = 32;
/** Within this distance before a spoken address, a word must announce the address. */
const CUE_REACH = 60;

const DIGIT_WORDS = 'zero one two three four five six seven eight nine'.split(' ');
const DIGIT_WORD = `(?:${DIGIT_WORDS.join('|')}|oh)`;

const SPOKEN_MAILBOX =
  '(?<![\\w.+-])(?:[\\w.+-]{1,40} (?:dot|underscore|dash|plus) ){0,3}[\\w.+-]{1,40}';
const SPOKEN_HOST = '(?:[\\w-]{1,40} dot ){1,4}(?:com|org|net|io|dev|de|edu|gov|co|uk)\\b';
const SECRET_NAMES =
  'secret|token|passw(?:or)?d|passphrase|pwd|' +
  '(?:api|access|account|auth|private|encryption)[_ -]?key';
const SPOKEN_NAMES = 'secret|token|password|passwd|passphrase|passcode|(?:api|access) key';
const VALUE = '([^\\s"\'`,;]{6,400})';

const RULES: readonly Rule[] = [
  { kind: 'key', pattern: PRIVATE_KEY },
  { kind: 'key', pattern: PUBLISHED_KEYS },
  { kind: 'key', pattern: TELEGRAM },
  { kind: 'token', pattern: JWT },
  { kind: 'token', pattern: WEBHOOK },
  { kind: 'token', pattern: SAS },
  // RFC 6750 and RFC 7617.
  {
    kind: 'token',
    pattern: /\b(Bearer\s{1,4})([\w.~+/-]{8,4096}={0,2})/gi,
    secret: (found) => /\d/.test(found),
  },
  {
    kind: 'token',
    pattern: /\b(Basic\s{1,4})([A-Za-z0-9+/]{8,1024}={0,2})/gi,
    secret: (found) => /\d|=$/.test(found),
  },
  // The value after a word such as "password"; spoken "is" counts as "=".
  {
    kind: 'token',
    pattern: new RegExp(
      `\\b([\\w.-]{0,60}?(?:${SECRET_NAMES})[\\w-]{0,24}["']?\\s{0,4}[:=]\\s{0,4}["'\`]?)${VALUE}`,
      'gi',
    ),
    secret: isValue,
  },
  {
    kind: 'token',
    pattern: new RegExp(`\\b((?:${SPOKEN_NAMES})\\s{1,4}is\\s{1,4}["']?)${VALUE}`, 'gi'),
    secret: isValue,
  },
  // Credentials in an address.
  { kind: 'token', pattern: /(:\/\/[^\s/:@]{0,100}:)([^\s/@]{1,400})(?=@)/g },
  {
    kind: 'email',
    pattern: /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[A-Za-z]{2,24}\b/g,
    // The user of a repository over SSH.
    secret: (found) => !found.startsWith('git@'),
  },
  {
    kind: 'email',
    pattern: new RegExp(`${SPOKEN_MAILBOX} at ${SPOKEN_HOST}`, 'gi'),
    secret: isSpokenAddress,
  },
  {
    kind: 'card',
    pattern: /(?<!\w)[2-6]\d(?:[ .-]?\d){11,17}(?!\w)/g,
    secret: (found) => luhn(found.replace(/\D/g, '')),
  },
  {
    kind: 'card',
    pattern: new RegExp(`\\b(?:${DIGIT_WORD}[\\s,-]{1,3}){12,18}${DIGIT_WORD}\\b`, 'gi'),
    secret: (found) => luhn(spokenDigits(found)),
  },
  // An alternating run of capitals, small letters and digits is no word.
  {
    kind: 'token',
    pattern: new RegExp(`(?<![\\w-])[\\w-]{${RANDOM_LEAST},}`, 'g'),
    secret: isRandom,
  },
];

/**
 * Idempotent.
 * @returns the text with `[email]`, `[card]`, `[key]` or `[token]` in place of each secret
 */
export function redact(text: string): string {
  if (text.length < 6) return text;
  return RULES.reduce((out, rule) => out.replace(rule.pattern, replacer(rule, out)), text);
}

type Replacer = (whole: string, ...rest: readonly (string | number)[]) => string;

/** A replacer's arguments after the match: two groups or none, then position and text. */
function replacer({ kind, secret }: Rule, text: string): Replacer {
  return (whole, kept, value) => {
    if (typeof kept === 'number' || typeof value === 'number')
      return secret?.(whole, text.slice(Math.max(0, Number(kept) - CUE_REACH), Number(kept))) ===
        false
        ? whole
        : `[${kind}]`;
    return secret?.(value ?? '', kept ?? '') === false ? whole : `${kept}[${kind}]`;
  };
}

/**
 * True for a literal, false for a word, variable, call or placeholder. @param name with "=", ":" or
 * "is"
 */
function isValue(found: string, name: string): boolean {
  const value = found.replace(/(?<![.!?)\]}])[.!?)\]}]+$/, '');
  if (/^[$<{%[(]|^(?:process\.env|os\.environ|secrets|env|vars)\b|\(/i.test(value)) return false;
  if (/^\d+$/.test(value)) return /passw|pwd|passphrase|passcode/i.test(name);
  // "base64-encoded", "required/optional".
  if (/^[A-Za-z]+\d*(?:[-/][A-Za-z]+)+$/.test(value)) return false;
  if (/\d|[^\w.]/.test(value)) return true;
  // The value of an environment variable is always a literal.
  return /^[A-Z0-9_]+=/.test(name) && /[A-Z]/.test(value) && /[a-z]/.test(value);
}

/** Words before "at" that introduce a page instead of a mailbox. */
const PLACED = new Set(
  [
    'look looks looking it is are was be us them this that here there up live lives hosted host',
    'runs running served available found find see open opens listens page pages site docs status',
    'api service server dashboard login',
  ].flatMap((words) => words.split(' ')),
);

/** "jane at example dot com"; "look at example dot com" is a page. */
function isSpokenAddress(found: string, before: string): boolean {
  const name = found.slice(0, found.search(/ at /i));
  if (/[\d._+]|\s/.test(name) || !PLACED.has(name.toLowerCase())) return true;
  const sentence = before.split(/[.!?]\s/).at(-1)!;
  return /\b(?:e-?mails?|mails?|write|contact|address|invite|send|forward|cc)\b/i.test(sentence);
}

function isRandom(found: string): boolean {
  const changes = found.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  const digits = found.match(/\d/g)?.length ?? 0;
  return digits >= 4 && changes >= 6 && /[A-Z]/.test(found) && /[a-z]/.test(found);
}

function spokenDigits(found: string): string {
  return found
    .toLowerCase()
    .split(/[\s,-]+/)
    .map((word) => (word === 'oh' ? 0 : DIGIT_WORDS.indexOf(word)))
    .join('');
}

/** The checksum of card numbers (ISO/IEC 7812-1). */
function luhn(found: string): boolean {
  const digits = [...found].map(Number).reverse();
  const sum = digits.reduce(
    (total, digit, i) => total + (i % 2 === 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2),
    0,
  );
  return digits.length >= 13 && sum % 10 === 0 && new Set(digits).size > 1;
}
