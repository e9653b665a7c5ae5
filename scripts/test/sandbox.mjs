// What a run of suites needs before its first test: builds and models, and folders of its own.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, setUp } from '../setup.mjs';

/**
 * Builds and fetches everything that the suites need.
 * @param {import('./suites.mjs').Suite[]} suites
 * @param {(line: string) => void} say
 */
export async function prepare(suites, say) {
  const needs = new Set(suites.flatMap((s) => s.needs));
  // The user's own state is not changed. Downloaded models stay for the next run.
  process.env.EARMARK_MODELS ??= path.join(root, '.cache/models');
  await setUp({ log: say, models: needs.has('models'), whisper: needs.has('whisper') });
  if (suites.some((s) => s.heavy)) {
    const { ensureSystemPackages } = await import('../testHost/systemPackages.mjs');
    const { message } = await ensureSystemPackages(say);
    if (message) say(message);
  }
  if (needs.has('host')) {
    const { ensureCodeServer } = await import('../testHost/install.mjs');
    // The suites report why they were skipped.
    await ensureCodeServer(say).catch((error) => say(error.message));
  }
}

/** Folders and environment for this run only. */
export function makeSandbox() {
  // A short path, because a Unix socket's path is limited to about 100 characters.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'earmark-test-')));
  const run = randomUUID();
  mkdirSync(path.join(folder, 'home'), { mode: 0o700 });
  mkdirSync(path.join(folder, 'coverage'));
  const env = {
    EARMARK_TEST_RUN: run,
    EARMARK_HOME: path.join(folder, 'home'),
    EARMARK_MODELS: process.env.EARMARK_MODELS,
    TMPDIR: folder,
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
  };
  return { folder, env, mark: `EARMARK_TEST_RUN=${run}`, coverage: path.join(folder, 'coverage') };
}
