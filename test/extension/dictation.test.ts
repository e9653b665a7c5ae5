// Dictation as a person has it: a real VS Code window, the bundled daemon, a spoken phrase from a virtual microphone.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { normaliseWords, pooledWer } from '../../bench/wordErrors';
import { readChannel } from '../fakes/audioDevices';
import { skip } from '../skip';
import { type HostPage, launchBrowser } from './harness/page';
import { type Rig, root, startRig, whyNoProduct } from './rig';
import { cursorToEnd, openFile, statusItem } from './steps';

/** In percent, of one phrase. */
const WER_MAX = 30;
/** Times that the key is held. */
const HOLDS = 5;
const shots = join(root, 'out/screenshots');
const typed = 'What is left to do.\n';

interface Phrase {
  readonly text: string;
  /** Signed 16-bit little-endian mono PCM at 16 kHz. */
  readonly sound: Buffer;
  readonly durationMs: number;
}

/** One spoken sentence, from the recordings beside the repository or else the first of the one it ships. */
async function spokenPhrase(): Promise<Phrase> {
  const folder = join(root, '../shared/data/dictation');
  const here = existsSync(folder);
  const items = here ? (JSON.parse(readFileSync(join(folder, 'items.json'), 'utf8')) as { items: { id: string; say: string }[] }).items : [];
  const text = items.find((item) => item.id === 'a11')?.say ?? "Good morning, everyone. Let's keep this short, I have a call at ten. Ben, do you want to start?";
  const sound = here ? await readChannel(join(folder, 'audio/a11.flac'), 'left') : (await readChannel(join(root, 'demo/standup.flac'), 'left')).subarray(32_000, 8.4 * 32_000);
  return { text, sound, durationMs: sound.length / 32 };
}

describe('dictation in VS Code', function () {
  this.timeout(120_000);
  let browser: Browser;
  let rig: Rig;
  let phrase: Phrase;

  before(async function () {
    this.timeout(15 * 60_000); // The first time it may install the host.
    const reason = await whyNoProduct();
    if (reason) skip(this, reason);
    phrase = await spokenPhrase();
    await mkdir(shots, { recursive: true });
    browser = await launchBrowser();
    rig = await startRig(browser, { files: { 'todo.md': typed } });
    await openFile(rig.window, 'todo.md');
    await cursorToEnd(rig.window);
  });

  after(async () => {
    const left = await rig?.dispose();
    await browser?.close();
    assert.deepEqual(left ?? [], [], 'processes of the daemon were left');
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await rig?.window.screenshot(join(shots, 'dictation-failed.png')).catch(() => undefined);
  });

  /** The document as the editor shows it, without what only decorates it. */
  const shownText = async (): Promise<string> => (await rig.window.page.locator('.editor-instance .view-line').allInnerTexts()).map((line) => line.replaceAll('\u00a0', ' ')).join('\n');
  /** What the document is, by way of the disk. */
  async function savedText(): Promise<string> {
    await rig.window.execute('workbench.action.files.save');
    return readFile(join(rig.workspace, 'todo.md'), 'utf8');
  }
  const idle = () => statusItem(rig.window).getByText('Earmark', { exact: true }).waitFor();
  /** Waits until the document is longer than it was. */
  const inserted = () => rig.window.page.waitForFunction((length) => (document.querySelector('.editor-instance .view-lines')?.textContent ?? '').length > length, typed.length, { timeout: 30_000, polling: 'raf' });
  const listening = () => statusItem(rig.window).getByText('Dictating').waitFor({ timeout: 60_000 });
  async function untilGhost(pattern: RegExp): Promise<void> {
    await rig.window.page.waitForFunction(
      ([source, script]) => new RegExp(source ?? '').test(String(eval(script ?? ''))),
      [pattern.source, ghostScript] as const,
      { timeout: 30_000, polling: 50 },
    );
  }

  it('asks before it first opens the microphone', async () => {
    const { window } = rig;
    await window.runCommand('Earmark: Toggle Dictation');
    await window.page.locator('.monaco-dialog-box').getByText('Let Earmark use your microphone?').waitFor();
    assert.equal(await rig.recorders(), 0);
    await window.pressButton('I Agree');
    const agreed = Date.now();
    await listening();
    await untilGhost(/listening/);
    console.log(`      agreed → listening: ${Date.now() - agreed} ms (daemon and model start in it)`);
    await window.page.keyboard.press('Escape');
    await idle();
  });

  it('shows words at the cursor while they are spoken, and puts them in as one undo step', async () => {
    const { window, devices } = rig;
    await window.runCommand('Earmark: Toggle Dictation');
    await listening();
    assert.equal(await rig.recorders(), 1);
    const played = Date.now();
    const playing = devices.play('mic', phrase.sound);
    await untilGhost(/[a-z]+\s[a-z]+/i);
    console.log(`      phrase begins → words at the cursor: ${Date.now() - played} ms`);
    await window.screenshot(join(shots, 'dictation-dark.png'));
    assert.equal(await shownText(), typed, 'nothing is in the document while it listens');
    await playing;
    await window.runCommand('Earmark: Toggle Dictation');
    await inserted();
    const text = await savedText();
    assert.ok(text.startsWith(typed));
    const wer = pooledWer([{ reference: phrase.text, hypothesis: text.slice(typed.length) }]);
    console.log(`      word error rate ${wer.toFixed(1)} % of ${normaliseWords(phrase.text).length} words`);
    assert.ok(wer <= WER_MAX, `${wer.toFixed(1)} %`);
    await idle();
    assert.equal(await rig.recorders(), 0);

    await cursorToEnd(window);
    await window.page.keyboard.press('Control+Z');
    assert.equal(await savedText(), typed, 'one undo takes all of it back');
    await window.page.keyboard.press('Control+Y');
    assert.equal(await savedText(), text);
    await window.page.keyboard.press('Control+Z');
    assert.equal(await savedText(), typed);
  });

  it('leaves nothing behind after Escape', async () => {
    const { window, devices } = rig;
    await cursorToEnd(window);
    await window.runCommand('Earmark: Toggle Dictation');
    await listening();
    const stop = new AbortController();
    const playing = devices.play('mic', phrase.sound, stop.signal).catch(() => undefined);
    await untilGhost(/[a-z]+\s[a-z]+/i);
    await window.page.keyboard.press('Escape');
    await idle();
    await untilGhost(/^$/);
    stop.abort();
    await playing;
    assert.equal(await savedText(), typed);
    assert.equal(await rig.recorders(), 0);
    assert.deepEqual(JSON.parse(await rig.earmark('sessions', 'list', '--format', 'json')), []);
  });

  it('listens while the key is held, and inserts soon after it is let go', async function () {
    this.timeout(240_000);
    const { window, devices } = rig;
    const { keyboard } = window.page;
    const took: number[] = [];
    for (let attempt = 1; took.length < HOLDS; attempt++) {
      await cursorToEnd(window);
      const key = holdKey(window);
      await listening();
      await devices.play('mic', phrase.sound);
      const { gapMs, releasedAt } = await key.release();
      // On a machine too busy to repeat a key the release comes early: that says nothing of dictation.
      if (gapMs < 200) {
        await inserted();
        took.push(Date.now() - releasedAt);
        await idle();
        assert.ok(pooledWer([{ reference: phrase.text, hypothesis: (await savedText()).slice(typed.length) }]) <= WER_MAX);
      } else if (attempt === 2 * HOLDS + 2) skip(this, `the machine is too busy to hold a key down: ${gapMs} ms between two repeats`);
      else {
        await window.execute('earmark.cancelDictation');
        await idle();
      }
      await cursorToEnd(window);
      for (let i = 0; i < 5 && (await savedText()) !== typed; i++) await keyboard.press('Control+Z');
      assert.equal(await savedText(), typed);
    }
    took.sort((one, other) => one - other);
    console.log(`      key let go → text inserted: ${took[Math.floor(took.length / 2)]} ms in the middle of ${took.length}, ${took.at(-1)} ms at most`);
  });
});

/** Holds Ctrl+Alt+D as a keyboard does: the first repeat after half a second, then 30 a second. */
function holdKey({ page }: HostPage): { release(): Promise<{ readonly gapMs: number; readonly releasedAt: number }> } {
  const { keyboard } = page;
  let held = true;
  let gapMs = 0;
  const repeating = (async () => {
    await keyboard.down('Control');
    await keyboard.down('Alt');
    await keyboard.down('d');
    await page.waitForTimeout(500);
    await keyboard.down('d');
    for (let last = Date.now(); held; last = Date.now()) {
      await page.waitForTimeout(33);
      await keyboard.down('d');
      gapMs = Math.max(gapMs, Date.now() - last);
    }
  })();
  return {
    async release() {
      held = false;
      await repeating;
      const releasedAt = Date.now();
      for (const key of ['d', 'Alt', 'Control']) await keyboard.up(key);
      return { gapMs, releasedAt };
    },
  };
}

/** The decoration at the cursor is the content of a pseudo element; a string, because what compiles this file adds helpers. */
const ghostScript = `[...document.querySelectorAll('.editor-instance .view-line span')]
  .map((span) => getComputedStyle(span, '::after').content)
  .filter((content) => content !== 'none' && content !== 'normal' && content !== '""')
  .map((content) => content.replace(/^"|"$/g, '').replace(/\\u00a0/g, ' '))
  .join('')`;
