// Dictation as a person has it: a real VS Code window, the bundled daemon, a spoken phrase from a
// virtual microphone.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { normaliseWords, pooledWer } from '../../testing/scoring/wordErrors';
import { readChannel } from '../../testing/processes/audioDevices';
import { skip } from '../../testing/harness/skip';
import { type HostPage, launchBrowser } from './harness/page';
import { type Rig, root, startRig, whyNoProduct } from './rig';
import { cursorToEnd, openFile, statusItem } from './steps';

/** In percent, of one phrase. */
const WER_MAX = 30;
/** Times that the key is held, and phrases that end by themselves. */
const TIMES = 5;
const shots = join(root, 'out/screenshots');
const typed = 'What is left to do.\n';

interface Phrase {
  readonly text: string;
  /** Signed 16-bit little-endian mono PCM at 16 kHz. */
  readonly audio: Buffer;
}

/**
 * A spoken sentence, of the recordings beside the repository or else the first of the one it ships.
 */
async function spokenPhrase(id = 'a11'): Promise<Phrase> {
  const folder = join(root, '../shared/data/dictation');
  const here = existsSync(folder);
  const items = here
    ? (
        JSON.parse(readFileSync(join(folder, 'items.json'), 'utf8')) as {
          items: { id: string; say: string }[];
        }
      ).items
    : [];
  const text =
    items.find((item) => item.id === id)?.say ??
    "Good morning, everyone. Let's keep this short, I have a call at ten. Ben, do you want to start?";
  const audio = here
    ? await readChannel(join(folder, `audio/${id}.flac`), 'left')
    : (await readChannel(join(root, 'demo/standup.flac'), 'left')).subarray(32_000, 8.4 * 32_000);
  return { text, audio };
}

/** It ends with its last audio that is louder than -40 dB of full scale. */
function withoutEnd(audio: Buffer): Buffer {
  let end = audio.length - 2;
  while (end > 0 && Math.abs(audio.readInt16LE(end)) < 328) end -= 2;
  return audio.subarray(0, end + 2);
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
    deepEqual(left ?? [], [], 'processes of the daemon were left');
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await rig?.window.screenshot(join(shots, 'dictation-failed.png')).catch(() => undefined);
  });

  /** The document as the editor shows it, without what only decorates it. */
  const shownText = async (): Promise<string> =>
    (await rig.window.page.locator('.editor-instance .view-line').allInnerTexts())
      .map((line) => line.replaceAll('\u00a0', ' '))
      .join('\n');
  /** What the document is, by way of the disk. */
  async function savedText(): Promise<string> {
    await rig.window.execute('workbench.action.files.save');
    return readFile(join(rig.workspace, 'todo.md'), 'utf8');
  }
  const idle = () => statusItem(rig.window).getByText('Earmark', { exact: true }).waitFor();
  const length = () =>
    rig.window.page.evaluate(
      () => (document.querySelector('.editor-instance .view-lines')?.textContent ?? '').length,
    );
  /** Waits until the document is longer than so much; without a number, than it was. */
  const inserted = (than = typed.length, timeout = 30_000) =>
    rig.window.page.waitForFunction(
      (most) =>
        (document.querySelector('.editor-instance .view-lines')?.textContent ?? '').length > most,
      than,
      { timeout, polling: 'raf' },
    );
  /** Undoes step by step until the document is what it was. @returns the steps */
  async function undoAll(): Promise<number> {
    await cursorToEnd(rig.window);
    let steps = 0;
    for (let text = await savedText(); text !== typed && steps < 20; steps++) {
      await rig.window.page.keyboard.press('Control+Z');
      const less = await savedText();
      ok(typed.startsWith(less) || less.length < text.length, 'an undo takes something away');
      text = less;
    }
    equal(await savedText(), typed);
    return steps;
  }
  const wordErrors = async (said: string): Promise<number> =>
    pooledWer([{ reference: said, hypothesis: (await savedText()).slice(typed.length) }]);
  const listening = () =>
    statusItem(rig.window).getByText('Dictating').waitFor({ timeout: 60_000 });
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
    await window.page
      .locator('.monaco-dialog-box')
      .getByText('Allow Earmark to use your microphone?')
      .waitFor();
    equal(await rig.recorders(), 0);
    await window.pressButton('I Agree');
    const agreed = Date.now();
    await listening();
    await untilGhost(/listening/);
    console.log(
      `      agreed → listening: ${Date.now() - agreed} ms (daemon and model start in it)`,
    );
    await window.page.keyboard.press('Escape');
    await idle();
  });

  it('shows words at the cursor while they are spoken, and puts in what was said, undone in as many steps as it went in', async () => {
    const { window, devices } = rig;
    await window.runCommand('Earmark: Toggle Dictation');
    await listening();
    equal(await rig.recorders(), 1);
    const played = Date.now();
    const playing = devices.play('mic', phrase.audio);
    await untilGhost(/[a-z]+\s[a-z]+/i);
    console.log(`      phrase begins → words at the cursor: ${Date.now() - played} ms`);
    await window.screenshot(join(shots, 'dictation-dark.png'));
    equal(await shownText(), typed, 'nothing is in the document while it listens');
    await playing;
    await window.runCommand('Earmark: Toggle Dictation');
    await inserted();
    await idle();
    const text = await savedText();
    ok(text.startsWith(typed));
    const wer = await wordErrors(phrase.text);
    console.log(
      `      word error rate ${wer.toFixed(1)} % of ${normaliseWords(phrase.text).length} words`,
    );
    ok(wer <= WER_MAX, `${wer.toFixed(1)} %`);
    equal(await rig.recorders(), 0);

    const steps = await undoAll();
    ok(steps >= 1 && steps <= 3, `${steps} steps for a sentence`);
    for (let step = 0; step < steps; step++) await window.page.keyboard.press('Control+Y');
    equal(await savedText(), text);
    await undoAll();
  });

  it('inserts a phrase soon after it has ended, and goes on listening', async function () {
    this.timeout(240_000);
    const { window, devices } = rig;
    const phrases = await Promise.all(
      ['a12', 'a20', 'a26', 'a32', 'a37'].slice(0, TIMES).map((id) => spokenPhrase(id)),
    );
    await cursorToEnd(window);
    await window.runCommand('Earmark: Toggle Dictation');
    await listening();
    const took: number[] = [];
    for (const { audio } of phrases) {
      await devices.play('mic', withoutEnd(audio));
      const ended = Date.now();
      // On a machine that is late to say that it has played, the text is there already: that is no
      // figure.
      if (
        await inserted(await length(), 5_000).then(
          () => true,
          () => false,
        )
      )
        took.push(Date.now() - ended);
      // The next one begins when this one is over for certain.
      await window.page.waitForTimeout(1_000);
    }
    ok(await statusItem(window).getByText('Dictating').isVisible());
    await window.runCommand('Earmark: Toggle Dictation');
    await idle();
    const wer = await wordErrors(phrases.map(({ text }) => text).join(' '));
    ok(wer <= WER_MAX, `${wer.toFixed(1)} %`);
    ok((await undoAll()) >= phrases.length, 'each phrase is a step of its own');
    took.sort((one, other) => one - other);
    if (took.length > 0)
      console.log(
        `      phrase ended → text inserted: ${took[Math.floor(took.length / 2)]} ms in the middle of ${took.length}, ${took.at(-1)} ms at most`,
      );
  });

  it('leaves nothing behind after Escape', async () => {
    const { window, devices } = rig;
    await cursorToEnd(window);
    await window.runCommand('Earmark: Toggle Dictation');
    await listening();
    const stop = new AbortController();
    const playing = devices.play('mic', phrase.audio, stop.signal).catch(() => undefined);
    await untilGhost(/[a-z]+\s[a-z]+/i);
    await window.page.keyboard.press('Escape');
    await idle();
    await untilGhost(/^$/);
    stop.abort();
    await playing;
    equal(await savedText(), typed);
    equal(await rig.recorders(), 0);
    deepEqual(JSON.parse(await rig.earmark('sessions', 'list', '--format', 'json')), []);
  });

  it('listens while the key is held, and inserts soon after it is let go', async function () {
    this.timeout(240_000);
    const { window, devices } = rig;
    const took: number[] = [];
    for (let attempt = 1; took.length < TIMES; attempt++) {
      await cursorToEnd(window);
      const key = holdKey(window);
      await listening();
      await devices.play('mic', phrase.audio);
      const { gapMs, releasedAt } = await key.release();
      // On a machine too busy to repeat a key the release comes early: that says nothing of
      // dictation.
      if (gapMs < 200 && (await length()) <= typed.length) {
        await inserted();
        took.push(Date.now() - releasedAt);
        await idle();
        ok((await wordErrors(phrase.text)) <= WER_MAX);
      } else if (attempt === 4 * TIMES)
        skip(this, `the machine is too busy to hold a key down: ${gapMs} ms between two repeats`);
      else await window.execute('earmark.cancelDictation');
      await idle();
      await undoAll();
    }
    took.sort((one, other) => one - other);
    console.log(
      `      key let go → text inserted: ${took[Math.floor(took.length / 2)]} ms in the middle of ${took.length}, ${took.at(-1)} ms at most`,
    );
  });

  it('ends with its window: a reload closes the microphone and leaves nothing behind', async () => {
    const { window } = rig;
    await cursorToEnd(window);
    await window.runCommand('Earmark: Toggle Dictation');
    await listening();
    equal(await rig.recorders(), 1);
    await window.reload();
    const deadline = Date.now() + 10_000;
    while ((await rig.recorders()) > 0 && Date.now() < deadline)
      await window.page.waitForTimeout(100);
    equal(await rig.recorders(), 0, 'the microphone is open unseen');
    await idle();
    equal(await savedText(), typed);
    deepEqual(JSON.parse(await rig.earmark('sessions', 'list', '--format', 'json')), []);
  });
});

/** Holds Ctrl+Alt+D as a keyboard does: the first repeat after half a second, then 30 a second. */
function holdKey({ page }: HostPage): {
  release(): Promise<{ readonly gapMs: number; readonly releasedAt: number }>;
} {
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

/**
 * The decoration at the cursor is the content of a pseudo element; a string, because what compiles
 * this file adds helpers.
 */
const ghostScript = `[...document.querySelectorAll('.editor-instance .view-line span')]
  .map((span) => getComputedStyle(span, '::after').content)
  .filter((content) => content !== 'none' && content !== 'normal' && content !== '""')
  .map((content) => content.replace(/^"|"$/g, '').replace(/\\u00a0/g, ' '))
  .join('')`;
