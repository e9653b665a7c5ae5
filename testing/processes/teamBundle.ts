/**
 * Processes of a team as tests run them (testing/fakes/scripted/scriptedTeam.ts), built for benches: of this
 * tree, or of an older commit.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleProcesses } from './processBundle';

const ROOT = resolve(__dirname, '../..');
const OUT = join(ROOT, 'out', 'fault');
/** A whole tree as tar. */
const ARCHIVE_BYTES = 256 * 1024 * 1024;

/** As one file, so that a process that is started again takes little of the processor. */
export function teamBundle(): Promise<string> {
  return bundleOf(ROOT, OUT);
}

/**
 * The same of a commit, with the libraries of this tree. @throws Error where git does not have it
 */
export async function olderTeamBundle(commit: string): Promise<string> {
  const [tree, out] = [join(OUT, 'older', 'tree'), join(OUT, 'older')];
  rmSync(out, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  const archive = execFileSync('git', ['-C', ROOT, 'archive', '--format=tar', commit], {
    maxBuffer: ARCHIVE_BYTES,
  });
  execFileSync('tar', ['-x', '-C', tree], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  return bundleOf(tree, out);
}

async function bundleOf(root: string, out: string): Promise<string> {
  mkdirSync(out, { recursive: true });
  await bundleProcesses(root, [join(root, 'testing', 'fakes', 'scripted', 'scriptedTeam.ts')], out);
  return join(out, 'scriptedTeam.js');
}
