/**
 * "Secrets of 40 kinds are taken out, and ordinary sentences stay": measured on two lists beside
 * this file. Values are made up here, so that no scanner takes the lists for a leak.
 */
import { equal, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redact } from '../../../daemon/base/redaction/redact';

const SECRETS_LEAST = 0.95;
const CHANGED_MOST = 1 / 200;
/** The event loop of the daemon may not stand still longer. */
const LONGEST_MS = 50;

const lines = (name: string): string[] =>
  readFileSync(join(__dirname, 'redaction', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const DIGITS = '0123456789';
const ALPHABETS: Readonly<Record<string, string>> = {
  A: UPPER + LOWER + DIGITS,
  U: `${UPPER}234567`,
  h: `${DIGITS}abcdef`,
  d: '123456789',
  b: `${UPPER + LOWER + DIGITS}+/`,
  w: `${UPPER + LOWER + DIGITS}-_`,
};

/** Numbers of a linear congruential generator (Numerical Recipes), the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

interface Sample {
  readonly kind: string;
  readonly text: string;
  readonly secret: string;
}

function sample(line: string, index: number): Sample {
  const at = line.indexOf(' | ');
  const next = generator(index + 1);
  const filled = line
    .slice(at + 3)
    .replace(/\\n/g, '\n')
    .replace(/\{([AUhdbw])(\d+)\}/g, (_, kind: string, length: string) =>
      Array.from({ length: Number(length) }, () => {
        const alphabet = ALPHABETS[kind]!;
        return alphabet[Math.floor(next() * alphabet.length)];
      }).join(''),
    );
  const secret = /«([^]*)»/.exec(filled)![1]!;
  return { kind: line.slice(0, at), text: filled.replace(/[«»]/g, ''), secret };
}

/** Nothing longer than a prefix of the secret is left. */
const isGone = ({ text, secret }: Sample): boolean => {
  const left = redact(text);
  const half = Math.ceil(secret.length / 2);
  return (
    left !== text && !left.includes(secret.slice(-half)) && !left.includes(secret.slice(0, half))
  );
};

describe('promise: secrets are found and ordinary sentences stay', () => {
  it('finds at least 95 % of the secrets', () => {
    const samples = lines('secrets.txt').map(sample);
    const kinds = new Set(samples.map(({ kind }) => kind)).size;
    ok(samples.length >= 120 && kinds >= 40, `${samples.length} samples of ${kinds} kinds`);
    const missed = samples.filter((s) => !isGone(s));
    const share = 1 - missed.length / samples.length;
    const summary = `${samples.length - missed.length} of ${samples.length} secrets found, ${(share * 100).toFixed(1)} % (mark ${SECRETS_LEAST * 100} %)`;
    console.log(`      ${summary}`);
    ok(
      share >= SECRETS_LEAST,
      `${summary}; missed:\n${missed.map(({ kind, text }) => `${kind}: ${redact(text)}`).join('\n')}`,
    );
  });

  it('changes at most one of 200 ordinary sentences', () => {
    const sentences = lines('ordinary.txt');
    ok(sentences.length >= 200, `${sentences.length} sentences`);
    const changed = sentences.filter((text) => redact(text) !== text);
    const summary = `${changed.length} of ${sentences.length} sentences changed (mark 1 of 200)`;
    console.log(`      ${summary}`);
    ok(
      changed.length / sentences.length <= CHANGED_MOST,
      `${summary}:\n${changed.map(redact).join('\n')}`,
    );
  });

  it('is done after one pass', () => {
    for (const { text } of lines('secrets.txt').map(sample)) {
      const once = redact(text);
      equal(redact(once), once);
    }
  });

  it('takes 20,000 repetitions of anything odd in linear time', function () {
    this.timeout(60_000);
    const printed = execFileSync(
      process.execPath,
      ['--require', 'tsx/cjs', join(__dirname, 'redactionTimes.ts')],
      { encoding: 'utf8' },
    );
    const times = JSON.parse(printed) as [odd: string, ms: number][];
    ok(times.length > 10);
    for (const [odd, ms] of times)
      ok(ms < LONGEST_MS, `${JSON.stringify(odd)}: ${ms.toFixed(0)} ms (mark ${LONGEST_MS} ms)`);
  });
});
