/** Subjects of commits: imperative, capitalised, no full stop, 72 characters at most. */
import { deepEqual, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUBJECT_MAX, subjectProblems } from '../../../scripts/commitCheck.mjs';

const check = (subject: string, ...expected: RegExp[]): void => {
  const problems = subjectProblems(subject);
  deepEqual(problems.length, expected.length, `${subject}: ${problems.join('; ')}`);
  expected.forEach((pattern, i) => match(problems[i] ?? '', pattern));
};

describe('a commit subject', () => {
  it('passes when it is imperative and short', () => {
    for (const subject of [
      'Add a list of words to avoid',
      'Pass the language to the recogniser',
      'Embed each turn once',
      'Process phrases in order',
      'Bring back the pause button',
      'Focus the transcript after a search',
      'Use one clock',
      'Rename `figures` to `metrics`',
      'x'.repeat(SUBJECT_MAX).replace('xxx', 'Fix'),
    ])
      check(subject);
  });

  it('passes as Git writes it for a revert', () => {
    check(`Revert "${'Add '.repeat(30)}"`);
  });

  it('fails when it is too long', () => {
    check(`Fix ${'x'.repeat(SUBJECT_MAX)}`, /has 76 characters; 72 is the limit/);
  });

  it('fails with a full stop', () => {
    check('Add a test.', /full stop/);
  });

  it('fails when its first word is no imperative', () => {
    for (const subject of [
      'Added a test',
      'Adding a test',
      'Adds a test',
      'Fixes the clock',
      'Wrote a test',
      'The clock runs',
      'New clock',
    ])
      check(subject, /^begins with "\w+"/);
    check('fix: the clock', /capital letter/);
    check('', /capital letter/);
  });
});

describe('npm run commit:check', () => {
  const root = join(__dirname, '../../..');
  const script = join(root, 'scripts/commitCheck.mjs');

  it('names the commits of a range whose subject fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-commits-'));
    const git = (...args: string[]): string => {
      const { stdout, status, stderr } = spawnSync(
        'git',
        ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args],
        { cwd: folder, encoding: 'utf8' },
      );
      ok(status === 0, stderr);
      return stdout.trim();
    };
    const run = (...args: string[]): [number | null, string] => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
        cwd: folder,
        env: { ...process.env, GIT_DIR: join(folder, '.git') },
        encoding: 'utf8',
      });
      return [status, stdout + stderr];
    };
    try {
      git('init', '--quiet', '--initial-branch', 'main');
      const commit = (subject: string): void =>
        void git('commit', '--quiet', '--allow-empty', '--message', subject);
      commit('Begin');
      commit('Added a clock.');
      commit('Use the clock');
      deepEqual(run('HEAD~1..HEAD'), [0, '1 commit subjects checked.\n']);
      deepEqual(run(), [0, '1 commit subjects checked.\n']);
      const [status, output] = run('--', 'HEAD~2..HEAD');
      deepEqual(status, 1);
      match(output, /full stop[\s\S]*begins with "Added"/);
      deepEqual(run(`${'0'.repeat(40)}..HEAD`), [0, '1 commit subjects checked.\n']);
      git('checkout', '--quiet', '-b', 'work', 'HEAD~2');
      commit('Adding more');
      deepEqual(run()[0], 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
