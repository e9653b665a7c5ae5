/**
 * The page of a past session and the pages of storage and models: what they ask for, with the mouse
 * and with keys.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { PanelView } from '../../protocol/panel';
import { launch, PanelPage, quit } from './panelPage';
import { models, session, storage } from './samples';

const past = {
  ...session,
  state: 'DONE',
  partials: [],
  playable: true,
} as const satisfies PanelView;

const withView = (view: PanelView, run: (panel: PanelPage) => Promise<void>): Promise<void> =>
  PanelPage.with(view, run, { height: 900 });

/** Where a word is drawn. */
function wordAt(
  panel: PanelPage,
  segment: string,
  word: string,
): Promise<{ x: number; y: number }> {
  return panel.page.evaluate(
    ([id, text]) => {
      const node = document.querySelector(`[data-segment="${id}"] .text`)!.firstChild!;
      const walker = document.createTreeWalker(node.parentNode!, NodeFilter.SHOW_TEXT);
      for (let found = walker.nextNode(); found !== null; found = walker.nextNode()) {
        const at = found.textContent!.indexOf(text!);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(found, at);
        range.setEnd(found, at + 1);
        const { left, top, height } = range.getBoundingClientRect();
        return { x: left + 1, y: top + height / 2 };
      }
      throw new Error('The word is not there.');
    },
    [segment, word],
  );
}

describe('pages of the panel', function () {
  this.timeout(60_000);
  before(launch);
  after(quit);

  it('plays from the word that is clicked, from a row by its button or by P, and stops', () =>
    withView(past, async (panel) => {
      const { page } = panel;
      await page.$eval('[data-segment="s9"]', (row) => row.scrollIntoView({ block: 'center' }));
      const { x, y } = await wordAt(panel, 's9', 'worker');
      await page.mouse.click(x, y);
      await page.click('[data-segment="s9"] button[aria-label="Play from here"]');
      await page.$eval('[data-segment="s9"]', (row) => (row as HTMLElement).focus());
      await page.keyboard.press('p');
      const offset = session.segments[8]!.text.indexOf('worker');
      deepEqual(await panel.posted(), [
        { type: 'play', segmentId: 's9', offset },
        { type: 'play', segmentId: 's9', offset: 0 },
        { type: 'play', segmentId: 's9', offset: 0 },
      ]);
      await panel.send({
        type: 'audio',
        pcm: Buffer.alloc(32_000 * 2).toString('base64'),
        startMs: 46_200,
        endMs: 48_200,
        follows: false,
      });
      await panel.until('it plays', () => document.querySelector('.player') !== null);
      equal(
        await page.$eval('.row.playing', (row) => (row as HTMLElement).dataset['segment']),
        's9',
      );
      // Two seconds are less than what is asked for ahead of time.
      await panel.until('the next piece is asked for', () =>
        (window as unknown as { posted: { type: string }[] }).posted.some(
          (m) => m.type === 'playOn',
        ),
      );
      deepEqual(await panel.posted(), [{ type: 'playOn', fromMs: 48_200 }]);
      await page.click('button[aria-label="Stop playback"]');
      await panel.until('it stopped', () => document.querySelector('.player') === null);
    }));

  it('ends by itself where nothing follows', () =>
    withView(past, async (panel) => {
      await panel.send(
        {
          type: 'audio',
          pcm: Buffer.alloc(6_400).toString('base64'),
          startMs: 0,
          endMs: 200,
          follows: false,
        },
        { type: 'audio', pcm: '', startMs: 200, endMs: 200, follows: true },
      );
      await panel.until('it ended', () => document.querySelector('.player') === null);
    }));

  it('asks who a speaker is, by a click on the name, a button or N', () =>
    withView(past, async (panel) => {
      const { page } = panel;
      await page.click('[data-segment="s10"] .speaker');
      await page.hover('[data-segment="s10"]');
      await page.click('[data-segment="s10"] button[aria-label="Name speaker"]');
      await page.$eval('[data-segment="s10"]', (row) => (row as HTMLElement).focus());
      await page.keyboard.press('n');
      deepEqual(
        await panel.posted(),
        Array.from({ length: 3 }, () => ({ type: 'nameSpeaker', segmentId: 's10' })),
      );
    }));

  it('offers the name that the others call a speaker by, and takes it with one click', () =>
    withView({ ...past, called: { [past.segments[0]!.speaker]: 'Nina' } }, async (panel) => {
      const { page } = panel;
      const offered = await page.$$eval('.called', (buttons) =>
        buttons.map((button) => [button.textContent, button.getAttribute('aria-label')]),
      );
      ok(
        offered.length > 0 &&
          offered.every(
            ([text, label]) =>
              text === 'Nina?' && label === `Rename “${past.segments[0]!.speaker}” to Nina`,
          ),
        JSON.stringify(offered),
      );
      await page.click('.called');
      await panel.send({ type: 'patch', id: past.id, called: {} });
      await panel.until('it is offered no more', () => document.querySelector('.called') === null);
      const [message] = await panel.posted();
      deepEqual(
        { ...message, segmentId: '' },
        { type: 'nameSpeaker', segmentId: '', name: 'Nina' },
      );
    }));

  it('edits a card: text and owner, Enter saves, Escape leaves it', () =>
    withView(past, async (panel) => {
      const { page } = panel;
      const open = async (): Promise<void> => {
        await page.hover('[data-insight="a1"]');
        await page.click('[data-insight="a1"] button[aria-label="Edit"]');
      };
      await open();
      equal(await page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA');
      await page.keyboard.type('No. ');
      await page.keyboard.press('Escape');
      await open();
      await page.fill('.card-edit textarea', 'Stream the import');
      await page.fill('.card-edit input', 'Priya');
      await page.keyboard.press('Enter');
      deepEqual(await panel.posted(), [
        { type: 'reviseInsight', insightId: 'a1', text: 'Stream the import', owner: 'Priya' },
      ]);
      equal(await page.$('.card-edit'), null);
    }));

  it('asks for an export', () =>
    withView(past, async (panel) => {
      await panel.page.click('button[aria-label="Export meeting"]');
      deepEqual(await panel.posted(), [{ type: 'command', command: 'export' }]);
    }));

  it('changes how long things stay, opens the folder, deletes all, goes back', () =>
    withView(storage, async (panel) => {
      const { page } = panel;
      const [first, second] = await page.$$('.choice select');
      await first!.selectOption('7');
      await second!.selectOption('90');
      await first!.selectOption('');
      await page.click('text=Open Folder');
      await page.click('vscode-button');
      await page.click('button[aria-label="Back"]');
      deepEqual(await panel.posted(), [
        { type: 'retention', what: 'audioDays', days: 7 },
        { type: 'retention', what: 'transcriptDays', days: 90 },
        { type: 'retention', what: 'audioDays' },
        { type: 'command', command: 'openFolder' },
        { type: 'command', command: 'purgeAll' },
        { type: 'command', command: 'back' },
      ]);
    }));

  it('lists recordings that another machine has not confirmed, to transcribe here or to discard', () => {
    const upload = {
      remote: 'far:7443',
      sessionId: 's',
      sources: [{ source: 'mic' as const }],
      ended: true,
      bytes: 12_000_000,
    };
    const uploads = [
      {
        ...upload,
        uploadId: 'u1',
        startedAt: '2026-11-02T10:00:00Z',
        state: 'uploading' as const,
        held: true,
      },
      {
        ...upload,
        uploadId: 'u2',
        startedAt: '2026-11-03T10:00:00Z',
        state: 'pending_verification' as const,
        held: false,
        problem: 'far:7443 has 1 min of the 2 min that were recorded here.',
      },
    ];
    return withView({ ...storage, uploads }, async (panel) => {
      const { page } = panel;
      deepEqual(await page.locator('.upload .hint').allTextContents(), [
        'Sending to far:7443.',
        'far:7443 has 1 min of the 2 min that were recorded here.',
      ]);
      await page.click('text=Transcribe Here');
      await page.click('text=Discard');
      deepEqual(
        { buttons: await page.locator('.upload button').count(), posted: await panel.posted() },
        {
          buttons: 2,
          posted: [
            { type: 'command', command: 'transcribeHere', argument: 'u2' },
            { type: 'command', command: 'discardUpload', argument: 'u2' },
          ],
        },
      );
    });
  });

  it('forgets one voice, and all', () =>
    withView(storage, async (panel) => {
      const { page } = panel;
      await page.click('button[aria-label="Delete the voiceprint of Priya"]');
      await page.click('text=Delete All Voiceprints…');
      deepEqual(await panel.posted(), [
        { type: 'command', command: 'forgetVoice', argument: 'Priya' },
        { type: 'command', command: 'forgetVoice' },
      ]);
    }));

  it('takes back a name that a voice gave', () =>
    withView(
      {
        ...past,
        notices: [
          {
            id: 'voice:mic-1',
            severity: 'info',
            text: 'Ben was recognised by voice (96% similarity).',
            action: { label: 'Not Ben', command: 'notVoice', argument: 'mic-1' },
          },
        ],
      },
      async (panel) => {
        await panel.page.click('text=Not Ben');
        deepEqual(await panel.posted(), [
          { type: 'command', command: 'notVoice', argument: 'mic-1' },
        ]);
      },
    ));

  it('offers for each model what can be done with it, and measures the machine', () =>
    withView(models, async (panel) => {
      const { page } = panel;
      const offered = await page.$$eval('.model-row', (rows) =>
        rows.map((row) => [
          (row as HTMLElement).dataset['model'],
          [...row.querySelectorAll('button')].map((button) => button.textContent),
        ]),
      );
      deepEqual(offered, [
        ['moonshine-tiny', ['Use', 'Verify']],
        ['whisper-base-q8_0', []],
        ['whisper-small-q8_0', ['Download']],
        ['whisper-tiny-q8_0', ['Download Again', 'Delete']],
        [
          'whisper-large-v3-turbo-q8_0',
          ['Use', 'Update to 2', 'Use Previous Version', 'Verify', 'Delete'],
        ],
        ['silero-vad', ['Verify']],
      ]);
      await page.click('[data-model="whisper-small-q8_0"] button');
      await page.click('text=Measure Speed');
      deepEqual(await panel.posted(), [
        { type: 'model', modelId: 'whisper-small-q8_0', action: 'pull' },
        { type: 'command', command: 'calibrate' },
      ]);
      await panel.send({ type: 'view', view: { ...models, busy: { text: 'Measuring…' } } });
      ok(await page.$('text=Measuring…'));
      equal(await page.$$eval('.model-row button', (all) => all.length), 0);
    }));
});
