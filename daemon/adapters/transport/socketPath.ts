/**
 * Path of the daemon's socket: in the state folder, or in a short private folder if that path is
 * too long.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertOwn } from '../../../client/local/daemonFile';
import { EarmarkError } from '../../../protocol/errors';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, including the final zero. */
const SOCKET_PATH_MAX_BYTES = 103;

/**
 * Creates the folders (0700) that it needs.
 * @throws EarmarkError rpc.unauthorized if a folder belongs to another user
 */
export function socketPath(stateDir: string, platform: NodeJS.Platform = process.platform): string {
  const hash = createHash('sha256').update(stateDir).digest('hex').slice(0, 16);
  // The name of a pipe is no secret; its default security admits only this user and administrators.
  if (platform === 'win32') return `\\\\.\\pipe\\earmark-${hash}`;
  const usual = join(stateDir, 'daemon.sock');
  if (Buffer.byteLength(usual) <= SOCKET_PATH_MAX_BYTES) return usual;
  const runtime = process.env['XDG_RUNTIME_DIR'];
  for (const base of [...(runtime ? [runtime] : []), tmpdir(), '/tmp']) {
    const folder = join(base, `earmark-${process.getuid?.() ?? 0}-${hash}`);
    const path = join(folder, 'daemon.sock');
    if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES) continue;
    // Everyone may write to the folder above, so a link there may be another user's.
    if (isLink(folder)) continue;
    makePrivateFolder(folder);
    if (isLink(folder)) continue;
    return path;
  }
  throw new EarmarkError(
    'daemon.startFailed',
    "The path of every folder for the daemon's socket is too long or a link. Set " +
      'EARMARK_HOME to a shorter path.',
  );
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/**
 * Creates a private folder of this user.
 * @throws EarmarkError rpc.unauthorized, store.unwritable
 */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    assertOwn(folder, 0);
    if (process.platform !== 'win32') chmodSync(folder, 0o700);
  } catch (error) {
    if (error instanceof EarmarkError) throw error;
    throw new EarmarkError(
      'store.unwritable',
      `Could not create or use the folder ${folder}. Check its permissions, or set ` +
        'EARMARK_HOME to another one.',
      { cause: error },
    );
  }
}
