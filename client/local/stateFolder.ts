/** State folder of the daemon of this user: `EARMARK_HOME`, else the platform's usual folder. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Absolute path of the state folder; it need not exist. Sources: XDG Base Directory Specification
 * 0.8 (`XDG_STATE_HOME`), Apple's File System Programming Guide, Windows known folder LocalAppData.
 */
export function stateFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const own = env['EARMARK_HOME'];
  if (own !== undefined && own.trim() !== '') return resolve(own);
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Earmark');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Earmark');
  const xdg = env['XDG_STATE_HOME'];
  return join(
    xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'state'),
    'earmark',
  );
}
