// Runs a mocha suite inside a real extension host and returns what passed and what failed.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { buildHostedSuite } from './build';
import { type HostOptions, startHost } from './host';
import type { HostedResults } from './inHost/run';
import type { HostPage } from './page';

export interface HostedTestsOptions extends Omit<
  HostOptions,
  'extensionTestsPath' | 'userDataDir'
> {
  /** Absolute path of a folder with *.suite.ts files. */
  readonly suiteFolder: string;
  /** A temporary one where not given. */
  readonly userDataDir?: string;
  /** For the whole run, in ms; 120,000 where not given. */
  readonly timeoutMs?: number;
  /** For each test, in ms; 30,000 where not given. */
  readonly testTimeoutMs?: number;
  readonly grep?: string;
  /** Looks at the window and the profile when the suites are over. */
  readonly after?: (page: HostPage, userDataDir: string) => Promise<void>;
}

export interface HostedTestsResult extends HostedResults {
  /** What VS Code made of it: 0 when every test passed. */
  readonly exitCode: number;
  /** From the start of the server to the start of the suites, in ms. */
  readonly startMs: number;
}

/**
 * Starts a host of its own, runs the suites in it and ends it.
 * @throws {Error} where the host does not start or the suites do not end in time; failing tests are
 * results, not errors.
 */
export async function runExtensionTests(
  browser: Browser,
  options: HostedTestsOptions,
): Promise<HostedTestsResult> {
  const {
    suiteFolder,
    timeoutMs = 120_000,
    testTimeoutMs = 30_000,
    grep,
    after,
    ...hostOptions
  } = options;
  const dir = await mkdtemp(join(tmpdir(), 'earmark-hosted-'));
  const resultsFile = join(dir, 'results.json');
  const coverageDir = options.coverageDir ?? process.env.NODE_V8_COVERAGE;
  const name = `run-${process.pid}-${randomBytes(4).toString('hex')}`;
  const extensionTestsPath = await buildHostedSuite(name, suiteFolder, {
    resultsFile,
    timeoutMs: testTimeoutMs,
    ...(grep === undefined ? {} : { grep }),
    ...(coverageDir === undefined ? {} : { coverageDir, coverageRoot: options.extensionPath }),
  });
  const started = Date.now();
  const host = await startHost({
    userDataDir: join(dir, 'user'),
    ...hostOptions,
    extensionTestsPath,
  });
  try {
    const page = await host.open(browser);
    const exitCode = await withLimit(
      page.testsExit,
      timeoutMs,
      () =>
        `The suites in ${suiteFolder} did not end within ${timeoutMs / 1000} s. ${host.output().slice(-1500)}`,
    );
    const text = await readFile(resultsFile, 'utf8').catch(() => {
      throw new Error(
        `The suites in ${suiteFolder} ended with code ${exitCode} and without results. ${host.output().slice(-1500)}`,
      );
    });
    const results = JSON.parse(text) as HostedResults;
    const total = Date.now() - started;
    await after?.(page, host.userDataDir);
    return { ...results, exitCode, startMs: total - results.durationMs };
  } finally {
    await host.dispose();
    await rm(join(extensionTestsPath, '..'), { recursive: true, force: true });
    await rm(dir, { recursive: true, force: true });
  }
}

async function withLimit<T>(value: Promise<T>, limitMs: number, message: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message())), limitMs);
  });
  return Promise.race([value, limit]).finally(() => clearTimeout(timer));
}
