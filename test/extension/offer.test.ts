// The first start in a real editor: the panel offers a better model, downloads it from a local hub
// that cuts the connection in the middle, and a running meeting changes to it without a lost word.
// Screenshots: out/screenshots/offer-*.png.
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Frame } from 'playwright-core';
import { ensureDaemon, readDaemonFile } from '../../client';
import { isAlive } from '../../client/local/startLock';
import { ModelsList, ModelsPull } from '../../protocol/models';
import { SessionGet, SessionList } from '../../protocol/session';
import type { CatalogueEntry } from '../../daemon/models/catalogueEntry';
import { until } from '../../testing/processes/daemonProcess';
import type { Offered } from '../../testing/fakes/offeringDaemon';
import { type Hub, serveFile, startHub } from '../integration/download/hub';
import { skip } from '../../testing/harness/skip';
import { whyNoHost } from './harness/available';
import { type Host, startHost } from './harness/host';
import { type HostPage, launchBrowser } from './harness/page';
import { extensionId, root } from './rig';
import { widenSideBar } from './steps';

const SMALL = 'moonshine-tiny';
const BETTER = 'parakeet-tdt_ctc-110m';
const contents: Readonly<Record<string, Buffer>> = {
  [SMALL]: randomBytes(50_000),
  [BETTER]: randomBytes(3_000_000),
};
const CHUNK = 150_000;
const STEP_MS = 400;

const entry = (id: string, name: string, isDefault: boolean): CatalogueEntry => {
  const content = contents[id] ?? Buffer.alloc(0);
  return {
    id,
    name,
    kind: 'asr',
    provider: 'scripted',
    languages: ['en'],
    licence: isDefault ? 'MIT' : 'CC-BY-4.0',
    isDefault,
    version: '1',
    source: { type: 'hub', repository: `test/${id}`, revision: '1' },
    files: [
      {
        role: 'model',
        name: `${id}.bin`,
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      },
    ],
  };
};

describe('the offer of a model', function () {
  this.timeout(180_000);
  let browser: Browser;
  let dir: string;
  let home: string;
  let hub: Hub;
  let host: Host;
  let window: HostPage;
  let panel: Frame;
  const shots = join(root, 'out/screenshots');

  const connect = () =>
    ensureDaemon({
      stateDir: home,
      client: { name: 'test', version: '0' },
      daemon: {
        command: process.execPath,
        args: [
          '--require',
          join(root, 'node_modules', 'tsx', 'dist', 'cjs', 'index.cjs'),
          join(root, 'testing', 'fakes', 'offeringDaemon.ts'),
        ],
        env: { EARMARK_HOME: home },
      },
    });

  /** The file in pieces; the first request of the better model ends in its middle. */
  const slowlyWithACut = (): Hub['answer'] => {
    let cut = false;
    return (request, response, content) => {
      if (!request.url?.includes(BETTER)) return serveFile(request, response, content);
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const breaks = !cut;
      cut = true;
      response.statusCode = from > 0 ? 206 : 200;
      if (from > 0)
        response.setHeader(
          'content-range',
          `bytes ${from}-${content.length - 1}/${content.length}`,
        );
      response.setHeader('content-length', content.length - from);
      sendFrom(response, content, from, breaks ? content.length / 2 : content.length);
    };
  };
  const sendFrom = (response: ServerResponse, content: Buffer, from: number, end: number): void => {
    if (from < end) {
      response.write(content.subarray(from, Math.min(end, from + CHUNK)));
      setTimeout(() => sendFrom(response, content, from + CHUNK, end), STEP_MS);
    } else if (end < content.length) response.destroy();
    else response.end();
  };

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoHost();
    if (reason) skip(this, reason);
    dir = await mkdtemp(join(tmpdir(), 'earmark-offer-'));
    home = join(dir, 'home');
    await Promise.all(
      [home, join(dir, 'workspace'), shots].map((f) => mkdir(f, { recursive: true })),
    );
    hub = await startHub({
      [`1/${SMALL}.bin`]: contents[SMALL] ?? Buffer.alloc(0),
      [`1/${BETTER}.bin`]: contents[BETTER] ?? Buffer.alloc(0),
    });
    const offered: Offered = {
      hub: hub.url,
      catalogue: [
        entry(SMALL, 'Moonshine tiny', true),
        entry(BETTER, 'Parakeet TDT 110M, 8-bit', false),
      ],
      letters: { [BETTER]: 'better', [SMALL]: 'small' },
    };
    await writeFile(join(home, 'offer.json'), JSON.stringify(offered));
    const client = await connect();
    await client.request(ModelsPull, { modelId: SMALL });
    client.dispose();
    hub.answer = slowlyWithACut();
    browser = await launchBrowser();
    host = await startHost({
      workspaceFolder: join(dir, 'workspace'),
      extensionPath: root,
      userDataDir: join(dir, 'user'),
      env: { EARMARK_HOME: home },
      settings: { 'workbench.secondarySideBar.defaultVisibility': 'hidden' },
    });
    window = await host.open(browser, { viewport: { width: 1280, height: 800 } });
  });

  after(async () => {
    await window?.close();
    await host?.dispose();
    const pid = home ? readDaemonFile(home)?.pid : undefined;
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGTERM');
    await until(() => pid === undefined || !isAlive(pid), 'the daemon ends');
    await hub?.close();
    await browser?.close();
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  const shoot = async (name: string): Promise<void> => {
    for (const theme of ['dark', 'light'] as const) {
      await window.setTheme(theme);
      await window.page.waitForTimeout(300);
      await window.screenshot(join(shots, `offer-${name}-${theme}.png`));
    }
  };
  const shows = (what: string): Promise<unknown> =>
    panel.getByText(what).first().waitFor({ timeout: 30_000 });
  const texts = async (): Promise<string[]> => {
    const client = await connect();
    try {
      const { sessions } = await client.request(SessionList, {});
      const sessionId = sessions.find(({ kind }) => kind === 'meeting')?.id;
      if (sessionId === undefined) return [];
      const { segments } = await client.request(SessionGet, { sessionId });
      return segments.map(({ text }) => text.toLowerCase().replace(/\W/g, ''));
    } finally {
      client.dispose();
    }
  };

  it('is on the first screen with its benefit, and downloads nothing by itself', async () => {
    await window.runCommand('Earmark: Open Panel');
    await widenSideBar(window, 400);
    panel = await window.webview(extensionId, 'earmark-panel', 30_000);
    await panel.getByText('I Agree').click();
    await shows('Recommended: Parakeet TDT 110M');
    await shows('About half the errors in dictation');
    await shows('About a third fewer errors in meetings');
    await shoot('first');
    equal(await panel.locator('vscode-button:not([secondary])').count(), 1);
    deepEqual(
      hub.requests.filter((request) => request.includes(BETTER)),
      [],
    );
  });

  it('stays away after Not Now, also when the host restarts', async () => {
    // A window of its own, whose memory the others do not share.
    const other = await host.open(browser, { viewport: { width: 1280, height: 800 } });
    try {
      await other.runCommand('Earmark: Open Panel');
      await widenSideBar(other, 400);
      const first = await other.webview(extensionId, 'earmark-panel', 30_000);
      await first.getByText('I Agree').click();
      await first.getByText('Recommended: Parakeet TDT 110M').waitFor({ timeout: 30_000 });
      await first.getByText('Not Now').click();
      await first.getByText('Recommended:').waitFor({ state: 'detached', timeout: 10_000 });
      const { hostPid } = other;
      await other.reload();
      notEqual(other.hostPid, hostPid);
      await other.runCommand('Earmark: Open Panel');
      const second = await other.webview(extensionId, 'earmark-panel', 30_000);
      await second.getByText('Start Meeting').waitFor({ timeout: 30_000 });
      // The offer of the first window appeared within this time.
      await other.page.waitForTimeout(10_000);
      equal(await second.getByText('Recommended:').count(), 0);
      equal(await second.getByText('I Agree').count(), 0);
    } finally {
      await other.close();
    }
  });

  it('downloads through a cut while a meeting begins with the built-in model', async () => {
    await panel.getByText('Download (').click();
    await shows('Downloading Parakeet TDT 110M');
    await shoot('downloading');
    await panel.getByText('Start Meeting').click();
    await until(async () => (await texts()).length >= 3, 'three phrases', 30_000);
    ok((await texts()).every((text) => text.startsWith('small')));
  });

  it('changes the running meeting without a lost word', async () => {
    const isBetter = (text: string): boolean => text.startsWith('better');
    await until(
      async () => (await texts()).filter(isBetter).length >= 3,
      'the better model',
      60_000,
    );
    const found = await texts();
    console.log(`      ${found.join(' ')}`);
    deepEqual(
      found.map((text) => Number(text.replace(/\D/g, ''))),
      found.map((_, i) => 30 + i),
    );
    const changed = found.findIndex(isBetter);
    ok(changed > 0 && found.slice(changed).every(isBetter), 'the models alternate');
    const requests = hub.requests.filter((request) => request.includes(BETTER));
    equal(requests.length, 2);
    match(requests[1] ?? '', /bytes=[1-9]\d+-$/);
    await shows('is installed. This meeting uses it from now on.');
    match(await panel.locator('body').innerText(), /parakeet-tdt_ctc-110m/i);
    await shoot('meeting');
  });

  it('is gone after the installation', async () => {
    await window.runCommand('Earmark: Stop Meeting');
    const client = await connect();
    const { models } = await client.request(ModelsList, {});
    client.dispose();
    deepEqual(
      models.map(({ status }) => status.state),
      ['installed', 'installed'],
    );
    equal(await panel.getByText('Recommended:').count(), 0);
  });
});
