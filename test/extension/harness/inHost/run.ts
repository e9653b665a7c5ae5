// The module that VS Code's extension host loads as extensionTestsPath: runs the mocha suites
// compiled beside it. The same under code-server and @vscode/test-electron. Results go into a file,
// because a browser window cannot hand over more than an exit code.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { startCoverage, writeCoverage } from './coverage';

export interface HostedRunConfig {
  /** Absolute path; written when all tests have run. */
  readonly resultsFile: string;
  /** For each test, in ms. */
  readonly timeoutMs: number;
  /** Only tests whose full title has this text. */
  readonly grep?: string;
  /** Folder for V8 coverage, and the folder of the extension whose coverage it is. */
  readonly coverageDir?: string;
  readonly coverageRoot?: string;
}

export interface HostedFailure {
  readonly title: string;
  readonly message: string;
  readonly stack: string;
}

export interface HostedResults {
  /** Full titles. */
  readonly passes: readonly string[];
  readonly pending: readonly string[];
  readonly failures: readonly HostedFailure[];
  readonly durationMs: number;
  /** The time between the start of the extension host's process and that of the suites, in ms. */
  readonly hostUptimeMs: number;
}

/** Results are collected from the runner; an extension host has no terminal to write to. */
class Silent extends Mocha.reporters.Base {
  override epilogue(): void {}
}

/** Resolves when every test has passed; rejects, as VS Code expects it, when one has not. */
export async function run(): Promise<void> {
  const config = JSON.parse(
    readFileSync(join(__dirname, 'run.json'), 'utf8'),
  ) as HostedRunConfig & { files: string[] };
  const coverageDir = config.coverageDir ?? (process.env.NODE_V8_COVERAGE || undefined);
  if (coverageDir) startCoverage();
  const hostUptimeMs = Math.round(process.uptime() * 1000);
  const results = await runMocha(config, hostUptimeMs);
  if (coverageDir && config.coverageRoot) writeCoverage(coverageDir, config.coverageRoot);
  // Renamed into place, so that whoever waits for the file never reads half of it.
  writeFileSync(`${config.resultsFile}.part`, JSON.stringify(results));
  renameSync(`${config.resultsFile}.part`, config.resultsFile);
  if (results.failures.length > 0) throw new Error(`${results.failures.length} tests failed.`);
}

async function runMocha(
  config: HostedRunConfig & { files: string[] },
  hostUptimeMs: number,
): Promise<HostedResults> {
  const started = Date.now();
  const passes: string[] = [];
  const pending: string[] = [];
  const failures: HostedFailure[] = [];
  const fail = (title: string, error: unknown): void => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    failures.push({ title, message, stack: stack ?? message });
  };
  try {
    const mocha = new Mocha({
      ui: 'bdd',
      timeout: config.timeoutMs,
      reporter: Silent,
      ...(config.grep ? { grep: new RegExp(config.grep) } : {}),
    });
    for (const file of config.files) mocha.addFile(join(__dirname, file));
    await new Promise<void>((resolve) => {
      mocha
        .run(() => resolve())
        .on('pass', (test) => passes.push(test.fullTitle()))
        .on('pending', (test) => pending.push(test.fullTitle()))
        .on('fail', (test, error: unknown) => fail(test.fullTitle(), error));
    });
  } catch (error) {
    fail('loading the suites', error);
  }
  return { passes, pending, failures, durationMs: Date.now() - started, hostUptimeMs };
}
