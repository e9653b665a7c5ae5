// Counts, inside the extension host, which code of the extension under test ran, and saves it as c8
// reads it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// The runner and the helper extension are two bundles in one process; they meet here.
const key = Symbol.for('earmark.test.coverageSession');
const shared = globalThis as { [key]?: { readonly session: Session; files: number } };

/** Starts counting; the second start in one process changes nothing. */
export function startCoverage(): void {
  if (shared[key]) return;
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  shared[key] = { session, files: 0 };
}

/**
 * Saves, in a file of its own, what ran below `root` since the last saving: V8 counts from zero
 * again after it was asked, and c8 adds the files up.
 */
export function writeCoverage(dir: string, root: string): void {
  const counter = shared[key];
  if (!counter) return;
  const { session } = counter;
  let result: Profiler.ScriptCoverage[] = [];
  // The session is in this thread, so the answer is there before post returns.
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error) throw error;
    result = answer.result;
  });
  const prefix = `${pathToFileURL(root).href}/`;
  // Neither libraries nor the tests themselves, which lie inside the repository too.
  const foreign = /\/(node_modules|out\/hosted)\//;
  const ours = result.filter(({ url }) => url.startsWith(prefix) && !foreign.test(url));
  if (ours.length === 0) return;
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, `coverage-${process.pid}-${Date.now()}-${counter.files++}.json`),
    JSON.stringify({ result: ours }),
  );
}
