// Finds programs: on PATH, and npm's own entry file. Uses Node's own modules only.
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The absolute path of a program on PATH, or undefined. */
export function findCommand(name, path = process.env.PATH ?? '') {
  for (const dir of path.split(delimiter).filter(Boolean)) {
    const file = join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Chromium or a browser with the same flags: $CHROME_PATH, otherwise the usual names. */
export function findChromium() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .map((name) => findCommand(name))
    .find(Boolean);
}

/**
 * npm-cli.js: of the npm that runs this script, beside this Node, or on PATH.
 * @throws {Error} if there is no npm.
 */
export function findNpm() {
  const outer = process.env.npm_execpath;
  if (outer && /npm-cli\.js$/.test(outer) && existsSync(outer)) return outer;
  const beside = join(
    dirname(dirname(process.execPath)),
    'lib',
    'node_modules',
    'npm',
    'bin',
    'npm-cli.js',
  );
  if (existsSync(beside)) return beside;
  const onPath = findCommand('npm');
  if (onPath && /npm-cli\.js$/.test(realpathSync(onPath))) return realpathSync(onPath);
  throw new Error('npm was not found. Install npm together with Node and run again.');
}
