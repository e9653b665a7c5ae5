/** The daemon is killed again and again while words come in: each word is final once, and no number is missing. */
import { deepEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../daemon/adapters/store/openStore';

const WORDS = 200;
/** When each child is killed, milliseconds after it is ready; the last ones may finish. */
const KILLS = [30, 300, 5, 170, 420, 90, 250, 1, 350, 130];

/** Runs a child until it is done, or kills it. @returns true when it was done */
function run(folder: string, killAfterMs: number | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', join(__dirname, 'sessionKillChild.ts'), folder, String(WORDS)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let wrong = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (killAfterMs !== undefined && said.includes('ready')) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.stderr.on('data', (chunk: Buffer) => (wrong += chunk.toString()));
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (code !== null && code !== 0) reject(new Error(wrong));
      else resolve(said.includes('done'));
    });
  });
}

describe('a daemon that is killed', function () {
  this.timeout(120_000);

  it('loses no word, says none twice, and leaves no gap in the numbers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-kill-'));
    try {
      let kills = 0;
      for (const ms of KILLS) {
        if (await run(folder, ms)) break;
        kills++;
      }
      await run(folder, undefined);
      const { store } = openStore({ file: join(folder, 'earmark.db') });
      const id = store.findByKey('kill')?.id ?? '';
      const events = store.readEvents(id, 0, 100_000);
      const finals = events.flatMap((event) => (event.kind === 'final' ? event.segment : []));
      deepEqual(
        {
          killed: kills >= 5,
          gaps: events.filter(({ seq }, i) => seq !== i + 1),
          said: finals.map(({ text }) => text),
          ids: new Set(finals.map((segment) => segment.id)).size,
          recovered: events.filter((event) => event.kind === 'warning' && event.code === 'recovered').length === kills,
          state: store.getSession(id)?.state,
          segments: store.segments(id).length,
          spools: existsSync(join(folder, 'spool')) ? readdirSync(join(folder, 'spool')) : [],
        },
        { killed: true, gaps: [], said: Array.from({ length: WORDS }, (_, i) => `w${i + 1}`), ids: WORDS, recovered: true, state: 'DONE', segments: WORDS, spools: [] },
      );
      store.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
