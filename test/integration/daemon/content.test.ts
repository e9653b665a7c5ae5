/**
 * Several meetings at every level of the log: no word that was said, no title and no session's id
 * stands in any log, figure or bundle. Words are `w` and a number that occurs nowhere else by
 * chance.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar';
import { ensureDaemon } from '../../../client';
import { METRICS_FILE, MetricsFile } from '../../../daemon/adapters/telemetry/metricsServer';
import { AudioPush } from '../../../protocol/audio';
import { DaemonProfile } from '../../../protocol/health';
import { SessionGet, SessionStart, SessionStop } from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon } from '../../../testing/processes/daemonProcess';
import { cli } from '../../../testing/processes/runCli';
import { say } from '../../../testing/harness/sessionHarness';

const SESSIONS = 3;
/** The loudness of a 16-bit sample is the word: up to w327. */
const words = (session: number): number[] => [1, 2, 3].map((n) => 240 + session * 4 + n);

describe('promise: spoken words are in no log and no metric', function () {
  this.timeout(120_000);

  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    it(`of ${SESSIONS} sessions is nowhere in what the level ${level} writes`, async () => {
      const folder = new DaemonFolder();
      const work = mkdtempSync(join(tmpdir(), 'earmark-content-'));
      const before = process.cwd();
      try {
        const daemon = scriptedDaemon();
        const client = await ensureDaemon({
          stateDir: folder.path,
          client: { name: 'test', version: '0' },
          daemon: { ...daemon, args: [...daemon.args, '--log-level', level] },
          timeoutMs: 40_000,
        });
        const secret: string[] = [];
        for (let n = 0; n < SESSIONS; n++) {
          const {
            session: { id: sessionId },
          } = await client.request(SessionStart, {
            kind: 'meeting',
            title: `Quokka-${n}-plans`,
            sources: [{ source: 'mic', origin: { type: 'push' } }],
            partials: true,
            insights: true,
          });
          const pcm = say(...words(n));
          for (let at = 0; at < pcm.length; at += 16_000) {
            const part = new Int16Array(Math.ceil(Math.min(16_000, pcm.length - at) / 320) * 320);
            part.set(pcm.subarray(at, at + 16_000));
            await client.request(AudioPush, {
              sessionId,
              source: 'mic',
              seq: at / 320,
              captureMs: at / 16,
              pcm: Buffer.from(part.buffer).toString('base64'),
            });
          }
          await client.request(SessionStop, { sessionId });
          let got = await client.request(SessionGet, { sessionId });
          for (
            ;
            got.session.state !== 'DONE';
            got = await client.request(SessionGet, { sessionId })
          )
            await new Promise((r) => setTimeout(r, 30));
          deepEqual(
            got.segments.map(({ text }) => text),
            words(n).map((w) => `w${w}`),
          );
          secret.push(sessionId, `Quokka-${n}-plans`, ...words(n).map((w) => `w${w}`));
        }
        const { url, token } = MetricsFile.parse(
          JSON.parse(readFileSync(join(folder.path, METRICS_FILE), 'utf8')),
        );
        const headers = { authorization: `Bearer ${token}` };
        const texts: string[] = [await (await fetch(`${url}/metrics`, { headers })).text()];
        const { cpu, heap } = await client.request(DaemonProfile, { ms: 200 });
        ok(cpu.includes('nodes') && heap.includes('head'));
        texts.push(cpu, heap);
        process.chdir(work);
        const { out } = await cli(folder.path, ['doctor', '--bundle']);
        process.chdir(before);
        const [name = ''] = readdirSync(work).filter((file) => file.endsWith('.tar.gz'));
        ok(out.includes(name) && name !== '', `doctor wrote a bundle: ${out}`);
        await extract({ file: join(work, name), cwd: work });
        const files = readdirSync(work).filter((file) => !file.endsWith('.tar.gz'));
        for (const file of [
          'doctor.txt',
          'health.json',
          'metrics.txt',
          'settings.json',
          'versions.json',
          'daemon.log',
        ])
          ok(files.includes(file), `${file} is in the bundle: ${files.join(' ')}`);
        for (const file of files) texts.push(readFileSync(join(work, file), 'utf8'));
        for (const file of readdirSync(join(folder.path, 'logs')))
          texts.push(readFileSync(join(folder.path, 'logs', file), 'utf8'));
        client.dispose();
        const all = texts.join('\n');
        ok(!all.includes(token), 'the token of the metrics is in no file');
        equal(secret.length, SESSIONS * 5);
        deepEqual(
          secret
            .filter((word) => new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(all))
            .map((word) => word.slice(0, 3)),
          [],
        );
      } finally {
        process.chdir(before);
        rmSync(work, { recursive: true, force: true });
        await folder.remove();
      }
    });
  }
});
