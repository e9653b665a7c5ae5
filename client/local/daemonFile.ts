/**
 * `daemon.json`: the address and token of a running daemon. The daemon writes it (0600); every
 * client reads it.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EarmarkError } from '../../protocol/errors';

export const DAEMON_FILE = 'daemon.json';

export const DaemonFile = z.object({
  /** Path of the Unix socket or name of the pipe. */
  socket: z.string().min(1),
  pid: z.number().int().positive(),
  /** Start time of that process, ms since 1970; older daemons do not write it. */
  startMs: z.number().int().positive().optional(),
  protocol: z.object({ major: z.number().int(), minor: z.number().int() }),
  /** 32 random bytes as hex. */
  token: z.string().regex(/^[0-9a-f]{64}$/),
  /** Address for other machines, and the SHA-256 of the certificate as hex. */
  listen: z.object({ url: z.string(), fingerprint: z.string().optional() }).optional(),
});
export type DaemonFile = z.infer<typeof DaemonFile>;

/**
 * Returns undefined if the file is absent or a dying daemon left it incomplete.
 * @throws EarmarkError rpc.unauthorized when the file belongs to another user or others may read it
 */
export function readDaemonFile(stateDir: string): DaemonFile | undefined {
  const path = join(stateDir, DAEMON_FILE);
  let text: string;
  try {
    assertOwn(path, 0o077);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof EarmarkError) throw error;
    return undefined;
  }
  try {
    return DaemonFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Refuses a file, folder or socket that another user owns or may use. Skips Windows, where the
 * profile folder is private.
 * @param forbidden mode bits that must not be set
 */
export function assertOwn(path: string, forbidden: number): void {
  const uid = process.getuid?.();
  if (uid === undefined) return;
  const stat = statSync(path);
  if (stat.uid !== uid) {
    throw new EarmarkError(
      'rpc.unauthorized',
      `${path} belongs to another user, so Earmark cannot use it. Set EARMARK_HOME ` +
        'to a folder of your own.',
    );
  }
  if ((stat.mode & forbidden) !== 0) {
    throw new EarmarkError(
      'rpc.unauthorized',
      `Other users can access ${path}, so Earmark cannot use it. Run "chmod go= ${path}" ` +
        'and try again.',
    );
  }
}
