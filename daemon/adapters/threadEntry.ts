/** Where a thread of the daemon starts. */
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';

export interface ThreadEntry {
  readonly path: string;
  /** Arguments of Node that strip the types of the sources. */
  readonly execArgv?: string[];
}

/**
 * A bundle is beside `daemon.js`; its source is in `daemon/`.
 * @param name of the file, without extension
 */
export function threadEntry(name: string): ThreadEntry {
  return extname(__filename) === '.ts'
    ? {
        path: join(__dirname, '..', `${name}.ts`),
        execArgv: ['--require', createRequire(__filename).resolve('tsx/cjs')],
      }
    : { path: join(__dirname, `${name}.js`) };
}
