/**
 * The VSIX for browsers in VS Code for the Web: it is activated in the page's own extension host,
 * and says plainly that it cannot record.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { skip } from '../../testing/harness/skip';
import { whyNoHost } from './harness/available';
import { installVsix } from './harness/host';
import { HostPage, launchBrowser } from './harness/page';
import { startWebHost, type WebHost } from './harness/webHost';
import { extensionId, root } from './rig';

const SENTENCE = /Earmark cannot record in a browser.*VS Code on the desktop/s;

describe('VS Code for the Web', function () {
  this.timeout(120_000);
  let dir = '';
  let browser: Browser | undefined;
  let host: WebHost | undefined;
  let window: HostPage;

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoHost();
    if (reason) skip(this, reason);
    dir = await mkdtemp(join(tmpdir(), 'earmark-web-'));
    const { packageWeb } = (await import(
      pathToFileURL(join(root, 'scripts/packageWeb.mjs')).href
    )) as { packageWeb(file: string, stage: string): Promise<void> };
    const { ensureCodeServer } = await import('../../scripts/testHost/install.mjs');
    await packageWeb(join(dir, 'web.vsix'), join(dir, 'stage'));
    await installVsix(
      await ensureCodeServer(),
      join(dir, 'web.vsix'),
      join(dir, 'user'),
      join(dir, 'extensions'),
    );
    const installed = (await readdir(join(dir, 'extensions'))).find((name) =>
      name.startsWith(extensionId),
    );
    host = await startWebHost(join(dir, 'extensions', installed ?? ''));
    browser = await launchBrowser();
    window = await HostPage.open(browser, host.url, undefined, {});
  });
  after(async () => {
    await browser?.close();
    await host?.dispose();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  /** Each sentence that is told, from now on; a notification is sent away once it was read. */
  async function reported(): Promise<string> {
    const toast = window.page
      .locator('.notification-toast .notification-list-item-message')
      .first();
    await toast.waitFor();
    const text = await toast.innerText();
    await window.runCommand('Notifications: Clear All Notifications');
    await toast.waitFor({ state: 'detached' });
    // VS Code shows three of them in 0.8 s and keeps others back.
    await window.page.waitForTimeout(300);
    return text;
  }

  it('has no other side than the page: the extension host is a web worker', async () => {
    await window.runCommand('Earmark: Start Meeting');
    match(await reported(), SENTENCE);
    deepEqual(
      [
        window.page.workers().length > 0,
        window.page.frames().filter((frame) => frame.url().includes('webWorkerExtensionHostIframe'))
          .length,
      ],
      [true, 1],
    );
    deepEqual(
      await window.page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => new URL(name).host)
          .filter((name) => name !== '' && name !== location.host),
      ),
      [],
    );
  });

  it('answers what the palette offers of it with one plain sentence', async () => {
    const { page } = window;
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget input.input').first().fill('>Earmark: ');
    const rows = page.locator(
      '.quick-input-list .monaco-list-row .quick-input-list-label .label-name',
    );
    await rows.getByText('Earmark: Start Meeting', { exact: true }).waitFor();
    const titles = (await rows.allInnerTexts()).filter((title) => title.startsWith('Earmark: '));
    await page.keyboard.press('Escape');
    ok(titles.length > 5, titles.join(', '));
    for (const title of titles.filter((one) => !one.includes('View'))) {
      await window.runCommand(title);
      match(await reported(), SENTENCE, title);
    }
  });

  it('answers the key of dictation in an editor, and leaves the editor alone', async () => {
    await window.runCommand('File: New Untitled Text File');
    const editor = window.page.locator('.editor-instance .view-lines').first();
    await editor.waitFor();
    await window.page.keyboard.type('Mine.');
    await window.page.keyboard.press('Control+Alt+D');
    match(await reported(), SENTENCE);
    equal((await editor.innerText()).replaceAll('\u00a0', ' ').trim(), 'Mine.');
  });

  it('says so in its panel', async () => {
    await window.page.locator('.activitybar .action-item a[aria-label*="Earmark"]').first().click();
    const panel = await window.webview(extensionId, 'main p');
    match(await panel.locator('main').innerText(), SENTENCE);
    deepEqual(
      await window.page.locator('.part.sidebar .pane-header h3').allInnerTexts(),
      ['Meeting'],
      'no view of what cannot be there',
    );
    await window.screenshot(join(root, 'out/screenshots/web.png'));
  });
});
