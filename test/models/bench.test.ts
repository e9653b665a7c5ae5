/**
 * `earmark models bench`: an installed model is measured on the recording that comes with Earmark.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');

describe('models bench', function () {
  this.timeout(120_000);
  let home: string;
  before(() => (home = mkdtempSync(path.join(tmpdir(), 'earmark-bench-'))));
  after(() => rmSync(home, { recursive: true, force: true }));
  const run = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    new Promise<{ out: string; err: string }>((resolve) => {
      execFile(
        process.execPath,
        ['--require', 'tsx/cjs', path.join(root, 'daemon/cli/main.ts'), 'models', 'bench', ...args],
        { cwd: root, env: { ...process.env, EARMARK_HOME: home, ...env }, encoding: 'utf8' },
        (_, out, err) => resolve({ out, err }),
      );
    });

  it('tells load, real-time factor and memory', async function () {
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !existsSync(models))
      skip(this, 'no models: run it with "npm run test:models"');
    const { out } = await run({}, 'moonshine-tiny', '--seconds', '20', '--format', 'json');
    const [row] = JSON.parse(out) as {
      model: string;
      audioMs: number;
      loadMs: number;
      rtf: number;
      rssBytes: number;
    }[];
    deepEqual([row?.model, row?.audioMs], ['moonshine-tiny', 20_000]);
    ok(row && row.loadMs > 0 && row.rtf > 0 && row.rssBytes > 50_000_000);
  });

  it('says what is missing', async () => {
    const empty = { EARMARK_MODELS: path.join(home, 'empty') };
    match(
      (await run(empty, 'moonshine-tiny')).err,
      /is not installed; run "earmark models pull moonshine-tiny"\.\n$/,
    );
    match(
      (await run(empty, 'voxtral-mini-4b')).err,
      /Earmark's own workers do not run .*choose one of moonshine-tiny/,
    );
  });
});
