/** Where the state folder is on each platform. */
import { equal } from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { stateFolder } from '../../../client';

describe('state folder', () => {
  const check = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform, expected: string) =>
    equal(stateFolder(env, platform, '/home/ada'), expected);

  it('is what EARMARK_HOME says, made absolute', () => {
    check({ EARMARK_HOME: '/data/em' }, 'linux', '/data/em');
    check({ EARMARK_HOME: 'here' }, 'linux', resolve('here'));
    check({ EARMARK_HOME: '  ' }, 'linux', '/home/ada/.local/state/earmark');
  });
  it('follows XDG on Linux, absolute paths only', () => {
    check({}, 'linux', '/home/ada/.local/state/earmark');
    check({ XDG_STATE_HOME: '/x/state' }, 'linux', '/x/state/earmark');
    check({ XDG_STATE_HOME: 'state' }, 'linux', '/home/ada/.local/state/earmark');
  });
  it('lies in the Library on macOS', () =>
    check({}, 'darwin', '/home/ada/Library/Application Support/Earmark'));
  it('lies in the local application data on Windows', () => {
    check({ LOCALAPPDATA: 'C:\\L' }, 'win32', join('C:\\L', 'Earmark'));
    check({}, 'win32', join('/home/ada', 'AppData', 'Local', 'Earmark'));
  });
});
