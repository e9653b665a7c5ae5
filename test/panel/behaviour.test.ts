/**
 * What the page does: snapshot and patches, the end that is followed, jumps, keys, what it says to
 * the extension and the screen reader.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { ToPanel } from '../../protocol/panel';
import type { Segment } from '../../protocol/transcript';
import { launch, PanelPage, quit } from './panelPage';
import { insights, longTranscript, segments, session } from './samples';

const next = (n: number, text: string): Segment => ({
  ...segments[0]!,
  id: `n${n}`,
  startMs: 60_000 + n * 1_000,
  endMs: 60_900 + n * 1_000,
  text,
});
const patch = (change: Omit<Extract<ToPanel, { type: 'patch' }>, 'type' | 'id'>): ToPanel => ({
  type: 'patch',
  id: session.id,
  ...change,
});

const texts = (panel: PanelPage, selector: string): Promise<string[]> =>
  panel.page.$$eval(selector, (all) =>
    all.map((e) => (e.textContent ?? '').replace(/\s+/g, ' ').trim()),
  );
const distanceFromEnd = (panel: PanelPage): Promise<number> =>
  panel.page.$eval('.scroll', (e) => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight));
const focused = (panel: PanelPage): Promise<string | undefined> =>
  panel.page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['segment']);

describe('panel page', function () {
  this.timeout(60_000);
  before(launch);
  after(quit);

  it('draws a snapshot: segments in order, turns by speaker, partials in a lighter tone, cards', () =>
    PanelPage.with(session, async (panel) => {
      deepEqual(
        await texts(panel, '[data-segment] .text'),
        segments.map((s) => s.text),
      );
      deepEqual(await texts(panel, '[data-segment] .speaker'), [
        'You',
        'Ben',
        'You',
        'Ben',
        'Priya',
        'You',
        'Priya',
        'Ben',
      ]);
      deepEqual(await texts(panel, '.partial .text'), [
        'Then let us keep the job in the data base and',
      ]);
      deepEqual(await texts(panel, '.card.action .jump, .card.decision .jump'), [
        'Move the import to a background job',
        'Put the job id into the response',
        'Write down the measurements of the slow import',
        'Return 202 with the job id; keep the old route until the next release',
      ]);
      const colour = (selector: string): Promise<string> =>
        panel.page.$eval(selector, (e) => getComputedStyle(e).color);
      ok((await colour('.partial .text')) !== (await colour('[data-segment] .text')));
    }));

  it('shows all actions while the transcript has room, and two fifths of a low panel at least', async () => {
    const five = Array.from({ length: 5 }, (_, i) => ({ ...insights[0]!, id: `five${i}` }));
    const view = { ...session, insights: five };
    const measure = (panel: PanelPage) =>
      panel.page.evaluate(() => {
        const of = (selector: string) => document.querySelector(selector)!;
        const cards = of('.insights');
        const share = of('.transcript-pane').clientHeight / of('.session-body').clientHeight;
        return { isCut: cards.scrollHeight > cards.clientHeight + 1, share };
      });
    await PanelPage.with(
      view,
      async (panel) => {
        const { isCut, share } = await measure(panel);
        ok(!isCut && share >= 0.39, JSON.stringify({ isCut, share }));
      },
      { height: 720 },
    );
    await PanelPage.with(
      view,
      async (panel) => {
        const { isCut, share } = await measure(panel);
        ok(isCut && share >= 0.39, JSON.stringify({ isCut, share }));
      },
      { height: 400 },
    );
  });

  it('takes patches: news at their time, changed text, removed cards, a partial that became final', () =>
    PanelPage.with(session, async (panel) => {
      await panel.send(
        patch({ segments: [next(2, 'Second.')], partials: [] }),
        patch({
          segments: [next(1, 'First.'), { ...segments[0]!, text: 'Good morning.', revision: 1 }],
          insights: [{ ...insights[3]!, text: 'Return the job id' }],
          removedInsights: ['a3'],
        }),
      );
      const all = await texts(panel, '[data-segment] .text');
      deepEqual([all[0], ...all.slice(-2)], ['Good morning.', 'First.', 'Second.']);
      deepEqual(await texts(panel, '.partial'), []);
      deepEqual(await texts(panel, '.card.action .jump'), [
        'Move the import to a background job',
        'Return the job id',
      ]);
    }));

  it('leaves out fillers and broken-off words until the reader wants every word', () =>
    PanelPage.with(session, async (panel) => {
      const text = 'Um, we sh- we should keep the the route.';
      await panel.send(
        patch({
          segments: [
            {
              ...next(1, text),
              readable: 'We should keep the route.',
              fillers: [
                { start: 0, end: 4 },
                { start: 7, end: 14 },
                { start: 26, end: 30 },
              ],
            },
          ],
        }),
      );
      const shown = async (): Promise<string | undefined> =>
        (await texts(panel, '[data-segment="n1"] .text'))[0];
      equal(await shown(), 'We should keep the route.');
      await panel.page.click('[aria-label="Show all words"]');
      equal(await shown(), text);
      deepEqual(await texts(panel, '.filler'), ['Um,', 'sh- we', 'the']);
      await panel.page.click('[aria-label="Hide filler words"]');
      equal(await shown(), 'We should keep the route.');
    }));

  it('shows the summary by topics with their times', () =>
    PanelPage.with(session, async (panel) => {
      deepEqual(await texts(panel, '.topic'), ['Background job 00:20–00:58']);
      deepEqual(
        await texts(panel, '.summary .jump'),
        insights.slice(0, 2).map(({ text }) => text),
      );
    }));

  it('dims an echo that is found late where it stands, and folds it to a line when asked', () =>
    PanelPage.with(session, async (panel) => {
      const said = {
        ...next(
          1,
          'We keep the old route until the next release and then take it out again. '
            .repeat(6)
            .trim(),
        ),
        source: 'mic' as const,
      };
      await panel.send(patch({ segments: [said, next(2, 'Another one.')] }));
      const look = (): Promise<{ height: number; top: number; colour: string }> =>
        panel.page.$eval('[data-segment="n1"] .text', (e) => ({
          height: e.getBoundingClientRect().height,
          top: e.getBoundingClientRect().top,
          colour: getComputedStyle(e).color,
        }));
      const shown = await look();
      await panel.send(patch({ segments: [{ ...said, hidden: true, revision: 1 }] }));
      const dimmed = await look();
      ok(
        Math.abs(dimmed.height - shown.height) < 25 &&
          Math.abs(dimmed.top - shown.top) < 25 &&
          dimmed.colour !== shown.colour,
        JSON.stringify({ shown, dimmed }),
      );
      await panel.page.click('[data-segment="n1"] summary');
      const folded = await look();
      ok(folded.height < 30 && folded.height < shown.height / 2, JSON.stringify({ shown, folded }));
      await panel.send(patch({ segments: [next(3, 'It stays folded when more comes.')] }));
      equal((await look()).height, folded.height);
      await panel.page.click('[data-segment="n1"] summary');
      equal((await look()).height, dimmed.height);
    }));

  it('ignores a patch for another session', () =>
    PanelPage.with(session, async (panel) => {
      await panel.send({
        type: 'patch',
        id: 'another',
        segments: [next(1, 'Not here.')],
        state: 'DONE',
      });
      deepEqual(
        [(await texts(panel, '[data-segment]')).length, await texts(panel, '.badge')],
        [segments.length, ['Recording']],
      );
    }));

  it('shows what was said as text, whatever it is', () =>
    PanelPage.with(session, async (panel) => {
      const text =
        '<img src=x onerror="document.title=1"> ${html`<b>b</b>`} &amp; </p><script>1</script>';
      await panel.send(
        patch({
          segments: [next(1, text)],
          insights: [{ ...insights[2]!, text, owner: text }],
          notices: [{ id: 'n', severity: 'info', text }],
        }),
      );
      deepEqual(await texts(panel, '[data-segment="n1"] .text, [data-insight="a1"] .jump'), [
        text,
        text,
      ]);
      equal(
        await panel.page.evaluate(
          () => document.querySelectorAll('earmark-panel img, earmark-panel script').length,
        ),
        0,
      );
    }));

  it('follows the end until the reader scrolls up, says how much is new, and goes back', () =>
    PanelPage.with({ ...session, segments: longTranscript(200), insights: [] }, async (panel) => {
      const add = (n: number): Promise<void> =>
        panel.send(
          patch({
            segments: [
              {
                ...next(n, 'More words to make the transcript grow by a line or two.'),
                startMs: 10_000_000 + n,
                endMs: 10_000_500 + n,
              },
            ],
          }),
        );
      await add(1);
      ok((await distanceFromEnd(panel)) <= 1, 'follows');
      await panel.page.hover('.scroll');
      await panel.page.mouse.wheel(0, -600);
      await panel.until(
        'the reader left the end',
        () => document.querySelector('.latest') !== null,
      );
      const top = await panel.page.$eval('.scroll', (e) => e.scrollTop);
      await add(2);
      await add(3);
      ok(
        Math.abs((await panel.page.$eval('.scroll', (e) => e.scrollTop)) - top) < 60,
        'stays where the reader is',
      );
      deepEqual(await texts(panel, '.latest'), ['Go to latest (2 new)']);
      await panel.screenshot('jump-to-latest');
      await panel.page.click('.latest');
      await panel.until('at the end', () => document.querySelector('.latest') === null);
      ok((await distanceFromEnd(panel)) <= 1, 'at the end again');
      await add(4);
      ok((await distanceFromEnd(panel)) <= 1, 'follows again');
    }));

  it('jumps from a card to the spoken words and marks them', () =>
    PanelPage.with(
      {
        ...session,
        segments: [
          ...segments,
          ...longTranscript(400).map((s) => ({
            ...s,
            id: `l${s.id}`,
            startMs: s.startMs + 100_000,
          })),
        ],
      },
      async (panel) => {
        await panel.page.click('[data-insight="d1"] .jump');
        await panel.until('the words are marked', () => document.querySelector('mark') !== null);
        await panel.page.waitForTimeout(100);
        deepEqual(await texts(panel, 'mark'), [
          "We'll return 202 with the job id and keep the old route until the next release",
        ]);
        equal(
          await panel.page.$eval('mark', (mark) => {
            const scroll = document.querySelector('.scroll')!.getBoundingClientRect();
            const { top, bottom } = mark.getBoundingClientRect();
            return top >= scroll.top && bottom <= scroll.bottom;
          }),
          true,
        );
        await panel.screenshot('jumped');
      },
    ));

  it('stays at the words after a jump that begins close to the end', () =>
    PanelPage.with(
      { ...session, insights: insights.slice(0, 3) },
      async (panel) => {
        ok((await distanceFromEnd(panel)) <= 1, 'follows the end');
        await panel.page.click('.summary .jump');
        await panel.until(
          'the reader left the end',
          () => document.querySelector('.latest') !== null,
        );
        // As long as an animated scroll takes at most.
        await panel.page.waitForTimeout(1_000);
        deepEqual(await texts(panel, 'mark'), ['a large file runs into the gateway timeout']);
        ok(
          await panel.page.$eval(
            'mark',
            (e) =>
              e.getBoundingClientRect().top > e.closest('.scroll')!.getBoundingClientRect().top,
          ),
          'the words are in sight',
        );
      },
      { height: 420 },
    ));

  it('names who speaks above each of two open phrases', () =>
    PanelPage.with(session, async (panel) => {
      const [mine] = session.partials;
      await panel.send(
        patch({
          partials: [mine!, { ...mine!, source: 'system', speaker: 'Ben', phraseId: 'p2' }],
        }),
      );
      deepEqual(await texts(panel, '.partial .speaker'), ['You', 'Ben']);
    }));

  it('is used by keys: one stop in the transcript, arrows between segments, Escape takes the mark away', () =>
    PanelPage.with(
      { ...session, segments: longTranscript(300), partials: [], insights },
      async (panel) => {
        equal(await panel.page.$$eval('[data-segment][tabindex="0"]', (all) => all.length), 1);
        await panel.page.$eval('[data-segment][tabindex="0"]', (e) => (e as HTMLElement).focus());
        const press = async (key: string): Promise<string | undefined> => {
          await panel.page.keyboard.press(key);
          await panel.page.waitForTimeout(80);
          return focused(panel);
        };
        deepEqual(
          [
            await focused(panel),
            await press('ArrowUp'),
            await press('ArrowUp'),
            await press('ArrowDown'),
            await press('PageUp'),
            await press('Home'),
            await press('ArrowUp'),
            await press('End'),
          ],
          ['s300', 's299', 's298', 's299', 's289', 's1', 's1', 's300'],
        );
        equal(await panel.page.$$eval('[data-segment][tabindex="0"]', (all) => all.length), 1);
      },
    ));

  it('ticks, dismisses, copies, edits and asks for commands', () =>
    PanelPage.with(session, async (panel) => {
      const { page } = panel;
      await page.click('[data-insight="a1"] .tick');
      await page.hover('[data-insight="a2"]');
      await page.click('[data-insight="a2"] button[aria-label="Convert to TODO, task or issue…"]');
      await page.click('[data-insight="a2"] button[aria-label="Dismiss"]');
      await page.hover('[data-segment="s9"]');
      await page.hover('[data-segment="s9"]');
      await page.click('[data-segment="s9"] button[aria-label="Copy"]');
      await page.click('[data-segment="s9"] button[aria-label="Edit text"]');
      await page.fill('textarea.edit', 'What if the worker restarts?');
      await page.keyboard.press('Enter');
      await page.click('button[aria-label="Pause"]');
      await page.click('button[aria-label="Stop meeting"]');
      deepEqual(await panel.posted(), [
        { type: 'reviseInsight', insightId: 'a1', status: 'done' },
        { type: 'useInsight', insightId: 'a2' },
        { type: 'reviseInsight', insightId: 'a2', status: 'dismissed' },
        { type: 'copy', text: segments[8]!.text },
        { type: 'reviseSegment', segmentId: 's9', text: 'What if the worker restarts?' },
        { type: 'command', command: 'pause' },
        { type: 'command', command: 'stop' },
      ]);
    }));

  it('Escape leaves an edit without a change', () =>
    PanelPage.with(session, async (panel) => {
      await panel.page.focus('[data-segment="s10"]');
      await panel.page.keyboard.press('F2');
      await panel.page.waitForSelector('textarea.edit');
      await panel.page.keyboard.type('nothing of this');
      await panel.page.keyboard.press('Escape');
      await panel.page.waitForTimeout(50);
      deepEqual(
        [
          await panel.posted(),
          await texts(panel, 'textarea'),
          await texts(panel, '[data-segment="s10"] .text'),
        ],
        [[], [], [segments[9]!.text]],
      );
    }));

  it('tells the screen reader finals that come while it runs, nothing else', () =>
    PanelPage.with(session, async (panel) => {
      deepEqual(await texts(panel, '[aria-live="polite"] p'), []);
      await panel.send(patch({ partials: [{ ...session.partials[0]!, unstable: 'still open' }] }));
      await panel.send(patch({ segments: [next(1, 'Now it is final.')] }));
      await panel.send(patch({ segments: [{ ...segments[1]!, text: 'Revised.', revision: 1 }] }));
      deepEqual(await texts(panel, '[aria-live="polite"] p'), ['You: Now it is final.']);
    }));

  it('keeps which panes are closed, and no words', () =>
    PanelPage.with(session, async (panel) => {
      await panel.page.click('button.pane-header:has-text("Decisions")');
      deepEqual(
        [await panel.kept(), await texts(panel, '.card.decision')],
        [{ collapsed: ['question', 'risk', 'decision'], everyWord: false }, []],
      );
      deepEqual(
        await panel.page.evaluate(() => [localStorage.length, sessionStorage.length]),
        [0, 0],
      );
    }));

  it('counts the time on while it records, not while it is paused', () =>
    PanelPage.with(session, async (panel) => {
      await panel.until(
        'a second went by',
        () => document.querySelector('.elapsed')?.textContent === '00:59',
      );
      await panel.send(patch({ state: 'PAUSED', durationMs: 59_000 }));
      await panel.page.waitForTimeout(1_200);
      deepEqual(await texts(panel, '.elapsed'), ['00:59']);
    }));

  it('shows levels and a source that is silent', () =>
    PanelPage.with(session, async (panel) => {
      await panel.send(
        { type: 'levels', levels: [{ source: 'mic', rmsDb: -34, speech: true }] },
        patch({ silent: ['system'] }),
      );
      deepEqual(
        await panel.page.$$eval('[role="meter"]', (all) =>
          all.map((e) => [e.getAttribute('aria-label'), e.getAttribute('aria-valuenow')]),
        ),
        [
          ['Microphone', '50'],
          ['System audio: no audio', '0'],
        ],
      );
    }));

  it('tells what is wrong with the daemon while it is, with and without a meeting', async () => {
    const notice = {
      id: 'alerts',
      severity: 'error',
      text: 'Only 0.2 GB are free; free some space.',
      action: { label: 'Run Doctor', command: 'doctor' },
    } as const;
    const panel = await PanelPage.open();
    const reported = (): Promise<string[]> =>
      panel.page.$$eval('.notice', (all) =>
        all.map(
          (e) => `${e.getAttribute('role')}: ${(e.textContent ?? '').replace(/\s+/g, ' ').trim()}`,
        ),
      );
    const recognised: unknown[] = [];
    for (const notices of [[notice], []]) {
      await panel.send({ type: 'view', view: { kind: 'idle', notices } });
      recognised.push(await reported());
      await panel.send({ type: 'view', view: { ...session, notices } });
      recognised.push(await reported());
    }
    const text = 'alert: Only 0.2 GB are free; free some space. Run Doctor';
    deepEqual(recognised, [[text], [text], [], []]);
    await panel.close();
  });

  it('shows that the speech is not English, with a button that opens the models', () =>
    PanelPage.with(session, async (panel) => {
      const text = 'This does not sound like English. Choose a model, such as whisper-base-q8_0.';
      const action = { label: 'Open Settings', command: 'openSettings' } as const;
      await panel.send(
        patch({ notices: [{ id: 'language.foreign', severity: 'warning', text, action }] }),
      );
      deepEqual(await texts(panel, '.notice.warning'), [`${text} Open Settings`]);
      await panel.page.click('.notice.warning button:has-text("Open Settings")');
      deepEqual((await panel.posted()).at(-1), { type: 'command', command: 'openSettings' });
    }));

  it('speaks the language of the editor', async () => {
    const panel = await PanelPage.open({ strings: { 'Start Meeting': 'Besprechung starten' } });
    await panel.send({ type: 'view', view: { kind: 'idle' } });
    deepEqual(await texts(panel, 'vscode-button'), ['Besprechung starten']);
    await panel.close();
  });

  it('shows 20 000 segments quickly and stays light', () =>
    PanelPage.with({ ...session, partials: [] }, async (panel) => {
      const many = longTranscript(20_000);
      // Timed inside the page: the way there is Playwright's, not the editor's.
      const shown = await panel.page.evaluate(
        async (view) => {
          const begin = performance.now();
          window.dispatchEvent(new MessageEvent('message', { data: { type: 'view', view } }));
          await (
            document.querySelector('earmark-panel') as unknown as {
              updateComplete: Promise<unknown>;
            }
          ).updateComplete;
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return performance.now() - begin;
        },
        { ...session, id: 'long', segments: many, partials: [] },
      );
      const rows = await panel.page.$$eval('[data-segment]', (all) => all.length);
      ok((await distanceFromEnd(panel)) <= 1, 'at the end');
      const times = await panel.page.evaluate(async (last) => {
        const spent: number[] = [];
        const root = document.querySelector('earmark-panel') as unknown as {
          updateComplete: Promise<unknown>;
        };
        for (let i = 0; i < 20; i++) {
          const segment = {
            ...last,
            id: `x${i}`,
            startMs: last.startMs + 10_000 + i,
            endMs: last.endMs + 10_000 + i,
          };
          const begin = performance.now();
          window.dispatchEvent(
            new MessageEvent('message', {
              data: { type: 'patch', id: 'long', segments: [segment] },
            }),
          );
          await root.updateComplete;
          await (
            document.querySelector('earmark-transcript') as unknown as {
              updateComplete: Promise<unknown>;
            }
          ).updateComplete;
          spent.push(performance.now() - begin);
        }
        return spent.sort((a, b) => a - b);
      }, many.at(-1)!);
      const median = times[10]!;
      console.log(
        `      20 000 segments: shown in ${Math.round(shown)} ms, ${rows} in the document, a new one in ${median.toFixed(1)} ms (median of 20)`,
      );
      // Bounds are wide because the machine may be busy; a page that draws everything takes seconds
      // and 20 000 rows.
      ok(rows <= 500, `${rows} rows in the document`);
      ok(shown < 3_000, `shown in ${shown} ms`);
      ok(median < 100, `a new segment in ${median} ms`);
      await panel.send({ type: 'reveal', segmentId: 's10000' });
      await panel.until(
        'the segment is there',
        () => document.querySelector('[data-segment="s10000"]') !== null,
      );
    }));
});
