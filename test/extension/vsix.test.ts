/**
 * The VSIX as it ships, installed into a clean editor without a network: it records, recognises
 * with the models it brings, and serves the command line it brings.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { name, version } from '../../package.json';
import { until } from '../../testing/processes/daemonProcess';
import { skip } from '../../testing/harness/skip';
import { launchBrowser } from './harness/page';
import { type Rig, root, startRig, whyNoProduct } from './rig';
import { shippedMeeting } from './spokenMeeting';
import { statusItem } from './steps';
import { workspaceFiles } from './workspaceFiles';

const run = promisify(execFile);
const VSIX = join(root, `${name}-${version}-${process.platform}-${process.arch}-full.vsix`);
/** Of the shipped meeting; its first sentences. */
const PLAY_MS = 19_000;

describe('the VSIX in a clean editor', function () {
  this.timeout(180_000);
  let browser: Browser;
  let rig: Rig | undefined;

  before(async function () {
    this.timeout(15 * 60_000);
    if (!existsSync(VSIX))
      skip(this, 'no VSIX of this platform was made: npm run smoke makes and tests it');
    const reason = await whyNoProduct();
    if (reason) skip(this, reason);
    browser = await launchBrowser();
  });
  after(async () => {
    const left = await rig?.dispose();
    await browser?.close();
    deepEqual(left ?? [], [], 'processes of the daemon were left');
  });

  it('records and transcribes without a network', async () => {
    const meeting = await shippedMeeting();
    rig = await startRig(browser, { files: workspaceFiles, vsix: VSIX });
    const { window, devices, home } = rig;
    await window.runCommand('Earmark: Download Model…');
    const models = join(home, '../models');
    await until(
      () => ['moonshine-tiny', 'silero-vad'].every((model) => existsSync(join(models, model))),
      'the models that came along are in place',
      60_000,
    );
    await window.runCommand('Earmark: Start Meeting');
    await window.pressButton('I Agree, Start Recording');
    await statusItem(window)
      .getByText(/REC 00:\d\d/)
      .waitFor({ timeout: 60_000 });
    await Promise.all(
      (['mic', 'system'] as const).map((source) =>
        devices.play(source, meeting.audio[source].subarray(0, PLAY_MS * 32)),
      ),
    );
    await window.runCommand('Earmark: Stop Meeting');
    // Its own command line, of the folder that the editor put it in.
    const extensions = join(home, '../user/extensions');
    const folder = readdirSync(extensions).find((entry) => entry.startsWith('earmark.earmark-'));
    ok(folder !== undefined);
    const earmark = async (...args: string[]): Promise<string> =>
      (
        await run(process.execPath, [join(extensions, folder, 'dist/cli.js'), ...args], {
          env: { ...process.env, EARMARK_HOME: home },
        })
      ).stdout;
    let state = '';
    let id = '';
    for (let i = 0; i < 100 && state !== 'DONE'; i++) {
      [{ state, id }] = JSON.parse(await earmark('sessions', 'list', '--format', 'json')) as [
        { state: string; id: string },
      ];
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const { segments } = JSON.parse(await earmark('sessions', 'show', id, '--format', 'json')) as {
      segments: { text: string }[];
    };
    const words = segments
      .map(({ text }) => text)
      .join(' ')
      .toLowerCase();
    deepEqual(
      ['good morning', 'token refresh', 'identity provider'].filter(
        (part) => !words.includes(part),
      ),
      [],
      words,
    );
  });
});
