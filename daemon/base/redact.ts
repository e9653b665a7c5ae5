/**
 * Takes secrets out of a text: keys, tokens, card numbers, e-mail addresses. What stands around
 * them stays.
 */

interface Rule {
  readonly kind: 'key' | 'token' | 'card' | 'email';
  readonly pattern: RegExp;
  /** What the pattern finds may still be harmless. */
  readonly secret?: (found: string) => boolean;
}

/** Longer ones than most identifiers; shorter "secrets" would hide half of a developer's talk. */
const RANDOM_LEAST = 32;

const SECRET_NAMES = 'api[_ -]?key|access[_ -]?key|secret|token|password|passwd|passphrase';

/** One of these patterns, anywhere in a text. */
const either = (...patterns: readonly RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join('|'), 'g');

const RULES: readonly Rule[] = [
  {
    kind: 'key',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  },
  // Names that services give their keys: AWS, GitHub, GitLab, Slack, Stripe, OpenAI, Google, npm.
  {
    kind: 'key',
    pattern: either(
      /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
      /\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bgithub_pat_[A-Za-z0-9_]{20,}\b/,
      /\bglpat-[\w-]{16,}/,
      /\bxox[abeoprs]-[\w-]{10,}/,
      /\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}\b/,
      /\bsk-[\w-]{16,}/,
      /\bAIza[\w-]{30,}/,
      /\bnpm_[A-Za-z0-9]{30,}\b/,
    ),
  },
  { kind: 'token', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g },
  { kind: 'token', pattern: /(?<=\bBearer\s+)[\w.~+/-]{8,}=*/gi },
  // The value of something that calls itself a secret; spoken "is" counts as "=".
  {
    kind: 'token',
    pattern: new RegExp(
      `(?<=\\b(?:${SECRET_NAMES})["']?(?:\\s*[:=]\\s*|\\s+is\\s+)["']?)[^\\s"',;]{6,}`,
      'gi',
    ),
    secret: (found) => /\d|[^\w.]/.test(found.replace(/[.!?]$/, '')),
  },
  // Credentials in an address.
  { kind: 'token', pattern: /(?<=:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g },
  { kind: 'email', pattern: /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b/g },
  {
    kind: 'email',
    pattern: /\b[\w.+-]+ at (?:[\w-]+ dot )+(?:com|org|net|io|dev|de|edu|gov|co|uk)\b/gi,
  },
  { kind: 'card', pattern: /\b\d(?:[ -]?\d){12,18}\b/g, secret: luhn },
  // A run of letters and digits in which both are mixed is nobody's word.
  {
    kind: 'token',
    pattern: new RegExp(`\\b[A-Za-z0-9_-]{${RANDOM_LEAST},}\\b`, 'g'),
    secret: (found) => (found.match(/\d/g)?.length ?? 0) >= 4 && /[A-Za-z]/.test(found),
  },
];

/**
 * Idempotent.
 * @returns the text with `[email]`, `[card]`, `[key]` or `[token]` in the place of each secret
 */
export function redact(text: string): string {
  if (text.length < 6) return text;
  return RULES.reduce(
    (out, { kind, pattern, secret }) =>
      out.replace(pattern, (found) => (secret?.(found) === false ? found : `[${kind}]`)),
    text,
  );
}

/** The checksum of card numbers. */
function luhn(found: string): boolean {
  const digits = [...found.replace(/\D/g, '')].map(Number).reverse();
  const sum = digits.reduce(
    (total, digit, i) => total + (i % 2 === 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2),
    0,
  );
  return digits.length >= 13 && sum % 10 === 0 && new Set(digits).size > 1;
}
