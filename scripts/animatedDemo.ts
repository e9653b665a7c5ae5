/**
 * `npm run demo:animation` redraws docs/demo.webp: a minute of a real meeting in a real window. The
 * shipped recording plays into a virtual microphone and virtual speakers, and Earmark processes it
 * live.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { launchBrowser } from '../test/extension/harness/page';
import { root, startRig, whyNoProduct } from '../test/extension/rig';
import { shippedMeeting } from '../test/extension/spokenMeeting';
import { openFile, statusItem, widenSideBar } from '../test/extension/steps';
import { workspaceFiles } from '../test/extension/workspaceFiles';

const TARGET = join(root, 'docs/demo.webp');
/** Maximum file size in bytes, because a README must load over slow connections. */
const BYTES_MAX = 4_000_000;
const SECONDS = 60;
/** Interval between two pictures. */
const STEP_MS = 500;
const VIEW = { width: 1440, height: 900 };
const WIDTH = 960;
/** Time to load the model. */
const WARM_MS = 6_000;
/** Tried in order until the file is small enough. */
const QUALITIES = [70, 50, 35, 20];

async function main(): Promise<void> {
  const missing = await whyNoProduct();
  if (missing !== undefined) throw new Error(missing);
  const folder = await mkdtemp(join(tmpdir(), 'earmark-movie-'));
  const browser = await launchBrowser();
  const [meeting, rig] = await Promise.all([
    shippedMeeting(),
    startRig(browser, {
      files: workspaceFiles,
      viewport: VIEW,
      settings: { 'earmark.notes.openOnStart': true },
    }),
  ]);
  const ending = new AbortController();
  try {
    const { window } = rig;
    await openFile(window, 'refreshSession.ts');
    await window.runCommand('Earmark: Start Meeting');
    await window.pressButton('I Agree, Start Recording');
    await statusItem(window)
      .getByText(/REC 00:\d\d/)
      .waitFor({ timeout: 60_000 });
    // On a slow machine, the palette may run the command twice. The second run asks for consent
    // again.
    if (await window.page.locator('.monaco-dialog-box').isVisible())
      await window.pressButton('Cancel');
    await widenSideBar(window, 560);
    // The list of meetings would take space from the running meeting.
    await window.page
      .locator('.pane-header')
      .filter({ hasText: /past meetings/i })
      .click();
    await window.page.waitForTimeout(WARM_MS);
    const playing = Promise.all([
      rig.devices.play('mic', meeting.audio.mic, ending.signal),
      rig.devices.play('system', meeting.audio.system, ending.signal),
    ]);
    playing.catch(() => undefined);
    const frames: { readonly file: string; readonly at: number }[] = [];
    const begun = Date.now();
    while (Date.now() - begun < SECONDS * 1000) {
      const at = Date.now() - begun;
      const file = join(folder, `${frames.length}.png`);
      await window.screenshot(file);
      frames.push({ file, at });
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, begun + at + STEP_MS - Date.now())),
      );
    }
    ending.abort();
    await encode(frames);
  } finally {
    ending.abort();
    await rig.dispose();
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each picture stays until the next one, so the animation lasts as long as the recording. */
async function encode(
  frames: readonly { readonly file: string; readonly at: number }[],
): Promise<void> {
  const pictures = await Promise.all(
    frames.map(({ file }) => sharp(file).resize({ width: WIDTH }).png().toBuffer()),
  );
  const delay = frames.map(({ at }, i) => (frames[i + 1]?.at ?? SECONDS * 1000) - at);
  for (const quality of QUALITIES) {
    await sharp(pictures, { join: { animated: true } })
      .webp({ quality, effort: 4, delay, loop: 0, mixed: true, minSize: true })
      .toFile(TARGET);
    const { size } = await stat(TARGET);
    console.log(
      `docs/demo.webp: ${frames.length} pictures, ${(size / 1e6).toFixed(2)} MB at quality ${quality}`,
    );
    if (size <= BYTES_MAX) return;
  }
  throw new Error(
    `docs/demo.webp is larger than ${BYTES_MAX / 1e6} MB at every quality; use ` +
      'fewer pictures.',
  );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
