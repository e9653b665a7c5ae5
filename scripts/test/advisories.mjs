// Queries the advisory service of the npm registry for high and critical vulnerabilities in shipped
// dependencies, and fails if there are any. If the service is unreachable, it reports this and
// passes.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const LIMIT_MS = 60_000;
const BAD = ['high', 'critical'];

/** Converts the output of `npm audit --json` to a report. */
export function verdict(printed) {
  let report;
  try {
    report = JSON.parse(printed);
  } catch {
    return {
      state: 'unreachable',
      sentence: 'The advisory service returned no answer, so dependencies were not checked.',
    };
  }
  if (report.error || report.message || !report.vulnerabilities)
    return {
      state: 'unreachable',
      sentence:
        `Could not reach the advisory service (${report.error?.code ?? report.statusCode ?? 'no answer'}), ` +
        'so dependencies were not checked.',
    };
  const bad = Object.values(report.vulnerabilities).filter(({ severity }) =>
    BAD.includes(severity),
  );
  if (bad.length === 0)
    return { state: 'clean', sentence: 'No shipped dependency has a known high vulnerability.' };
  return {
    state: 'vulnerable',
    sentence:
      'Update or replace: ' +
      `${bad.map(({ name, severity, range }) => `${name} ${range} (${severity})`).join(', ')}` +
      '.',
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev'], {
    cwd: path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'),
    encoding: 'utf8',
    timeout: LIMIT_MS,
    shell: process.platform === 'win32',
  });
  const { state, sentence } = verdict(stdout ?? '');
  console.log(sentence);
  process.exitCode = state === 'vulnerable' ? 1 : 0;
}
