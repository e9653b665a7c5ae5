/** `earmark doctor --bundle`: diagnostic data in one file, without spoken text. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create } from 'tar';
import { DaemonHealth, DaemonProfile } from '../../protocol/health';
import { isEarmarkError } from '../../protocol/errors';
import { openSettings } from '../adapters/config/settingsFile';
import { METRICS_FILE, MetricsFile } from '../adapters/telemetry/metricsServer';
import { redact } from '../base/redaction/redact';
import { withDaemon, type Environment } from './environment';

const PROFILE_MS = 5_000;
const PROFILE_TIMEOUT_MS = 60_000;
const METRICS_TIMEOUT_MS = 5_000;
const LOG_FILES = ['daemon.2.log', 'daemon.1.log', 'daemon.log', 'metrics.1.log', 'metrics.log'];

/**
 * @param profile adds a profile of the daemon's time and memory over 5 s
 * @returns path of the file
 */
export async function writeBundle(
  env: Environment,
  findings: readonly string[],
  profile: boolean,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'earmark-bundle-'));
  const names: string[] = [];
  const put = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    names.push(name);
  };
  try {
    put('doctor.txt', `${findings.map(redact).join('\n')}\n`);
    put(
      'versions.json',
      json({
        earmark: env.version,
        node: process.versions,
        platform: process.platform,
        arch: process.arch,
        system: release(),
      }),
    );
    put('settings.json', json(settings(env.home)));
    try {
      await withDaemon(env, async (connection) => {
        const { sessions, problems, ...health } = await connection.request(DaemonHealth, {});
        put(
          'health.json',
          json({
            ...health,
            problems: problems.map(redact),
            sessions: sessions.map(({ state }) => state),
          }),
        );
        if (!profile) return;
        const { cpu, heap } = await connection.request(
          DaemonProfile,
          { ms: PROFILE_MS },
          { timeoutMs: PROFILE_TIMEOUT_MS },
        );
        put('daemon.cpuprofile', cpu);
        put('daemon.heapprofile', heap);
      });
    } catch (error) {
      put(
        'daemon.txt',
        `${isEarmarkError(error) ? error.message : 'The daemon did not answer.'}\n`,
      );
    }
    const metrics = await readMetrics(env.home);
    if (metrics !== undefined) put('metrics.txt', metrics);
    for (const name of LOG_FILES) {
      const text = read(join(env.home, 'logs', name));
      if (text !== undefined) put(name, text.split('\n').map(redact).join('\n'));
    }
    const path = resolve(
      `earmark-bundle-${new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19)}.tar.gz`,
    );
    await create({ gzip: true, file: path, cwd: folder, portable: true }, names);
    chmodSync(path, 0o600);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Effective settings with their problems. Names, addresses and secrets appear only as "set". */
function settings(home: string): object {
  const { shown, problems } = openSettings({ home, env: process.env });
  const values = Object.entries(shown).map(([name, value]) => [
    name,
    typeof value === 'string' && value !== '' && !OPEN_TEXT.has(name) ? '(set)' : value,
  ]);
  return { ...(Object.fromEntries(values) as object), problems: problems.map(({ name }) => name) };
}

const OPEN_TEXT: ReadonlySet<string> = new Set(['log.level', 'openai.model', 'llm.model']);

async function readMetrics(home: string): Promise<string | undefined> {
  try {
    const { url, token } = MetricsFile.parse(
      JSON.parse(readFileSync(join(home, METRICS_FILE), 'utf8')),
    );
    const response = await fetch(`${url}/metrics`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(METRICS_TIMEOUT_MS),
    });
    return response.ok ? await response.text() : undefined;
  } catch {
    // A remote daemon, or a stopped daemon: its metrics are in health.json or in the log.
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
