// `npm run commit:check [-- BASE..HEAD]` checks that commit subjects are imperative and short.
// Without a range, it checks the commits that main lacks; on main, the last commit.
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Maximum number of characters in a subject. `git log --oneline` shows 72 on a line of 80. */
export const SUBJECT_MAX = 72;

/** Verbs whose base form ends like a past tense, a participle or a third person. */
const BASE_FORMS = new Set(
  `access address assess bless bypass compress cross decompress discuss dismiss distress dress
  express focus guess impress miss pass press process progress reprocess stress suppress trespass
  embed exceed feed need proceed seed shed speed succeed weed wed bring ping ring sing string swing
  wing`.split(/\s+/),
);

/** Past tenses that do not end in -ed, and words that begin a description instead of an order. */
const NOT_IMPERATIVE = new Set(
  `became began broke brought built came chose did drew fell found gave got grew held kept knew led
  left lost made meant paid ran said saw sent sold spent spoke stood stuck took taught thought told
  was went were won wrote
  a all an and another any both but each every for from in it its more most my new no nothing now
  of on our several some that the their there these they this those to two we when where whole
  with`.split(/\s+/),
);

/** Problem of the first word; undefined if it is an imperative. */
function firstWordProblem(word) {
  const lower = word.toLowerCase();
  if (!/^\p{Lu}/u.test(word)) return `begins with "${word}"; begin with a capital letter`;
  if (NOT_IMPERATIVE.has(lower)) return `begins with "${word}"; begin with a verb, such as "Add"`;
  if (BASE_FORMS.has(lower)) return undefined;
  if (/..(ed|ing)$|..[^su]s$/.test(lower))
    return `begins with "${word}"; use the imperative, such as "Add" for "Added", "Adding" or "Adds"`;
  return undefined;
}

/**
 * Problems of a commit's subject; empty if there are none. A subject that Git writes for a revert
 * passes.
 * @param {string} subject
 * @returns {string[]} each completes "The subject …"
 */
export function subjectProblems(subject) {
  if (/^Revert "/.test(subject)) return [];
  const problems = [];
  if (subject.length > SUBJECT_MAX)
    problems.push(`has ${subject.length} characters; ${SUBJECT_MAX} is the limit`);
  if (/[.!…]$/.test(subject)) problems.push('ends with a full stop; leave it out');
  const word = firstWordProblem(/^\S*/.exec(subject)[0]);
  if (word !== undefined) problems.push(word);
  return problems;
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return { ok: status === 0, out: (stdout ?? '').trim(), error: (stderr ?? '').trim() };
}

const exists = (commit) => git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`).ok;

/**
 * Arguments of `git log` for a range. If the base does not exist (a new branch), the range is one
 * commit.
 */
function revisions(range) {
  if (range !== undefined) {
    const [base, head = 'HEAD'] = range.split('..');
    return exists(base) ? [`${base}..${head || 'HEAD'}`] : ['-1', head || 'HEAD'];
  }
  const main = ['origin/main', 'main'].find(exists);
  const isNew = main !== undefined && git('rev-list', '--count', `${main}..HEAD`).out !== '0';
  return isNew ? [`${main}..HEAD`] : ['-1', 'HEAD'];
}

function main() {
  const range = process.argv.slice(2).find((a) => a !== '--');
  const log = git('log', '--no-merges', '--format=%h %s', ...revisions(range));
  if (!log.ok) {
    console.error(`Git could not read the commits: ${log.error}`);
    process.exitCode = 2;
    return;
  }
  const commits = log.out.split('\n').filter(Boolean);
  for (const line of commits) {
    const [, hash, subject] = /^(\S+) (.*)$/.exec(line) ?? [];
    for (const problem of subjectProblems(subject ?? '')) {
      console.error(`${hash}: the subject ${problem}.\n  ${subject}`);
      process.exitCode = 1;
    }
  }
  if (process.exitCode !== 1) console.log(`${commits.length} commit subjects checked.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
