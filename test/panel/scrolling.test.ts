/** A transcript of 20,000 segments: how much the page works for a frame while it is scrolled. */
import { ok } from 'node:assert/strict';
import type { CDPSession } from 'playwright-core';
import { launch, PanelPage, quit } from './panelPage';
import { longTranscript, session } from './samples';

const SEGMENTS = 20_000;
/** Script, style and layout for one frame, in milliseconds of the page's own processor time. */
const FRAME_MS = 16;
/** Moves of each way to scroll, and frames that are looked at after each. */
const SCROLLS = 80;
const FRAMES = 3;
/** One frame in a hundred may have the collector of memory in it. */
const QUANTILE = 0.99;

interface Work {
  readonly script: number;
  readonly layout: number;
}

async function work(devtools: CDPSession): Promise<Work> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const value = (name: string): number =>
    1_000 * (metrics.find((metric) => metric.name === name)?.value ?? 0);
  return {
    script: value('ScriptDuration'),
    layout: value('LayoutDuration') + value('RecalcStyleDuration'),
  };
}

describe('a long transcript', function () {
  this.timeout(120_000);
  before(launch);
  after(quit);

  for (const [name, step] of [
    ['line by line', 120],
    ['page by page', 900],
    ['in leaps', 40_000],
  ] as const) {
    it(`is scrolled ${name} with at most ${FRAME_MS} ms of script and layout a frame`, async () => {
      const panel = await PanelPage.open({ width: 360, height: 800 });
      const devtools = await panel.page.context().newCDPSession(panel.page);
      // Time of the thread, not of the clock: other programs on this machine are none of the page's
      // business.
      await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
      await panel.send({
        type: 'view',
        view: {
          ...session,
          state: 'DONE',
          partials: [],
          insights: [],
          segments: longTranscript(SEGMENTS),
        },
      });
      const frames: number[] = [];
      let before = await work(devtools);
      for (let i = 0; i < SCROLLS; i++) {
        await panel.page.evaluate(
          (by) => void (document.querySelector('.scroll')!.scrollTop -= by),
          step,
        );
        // What was scrolled into sight is drawn in the frame after the one that found it.
        for (let k = 0; k < FRAMES; k++) {
          await panel.page.evaluate(
            () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
          );
          const after = await work(devtools);
          frames.push(after.script - before.script + after.layout - before.layout);
          before = after;
        }
      }
      const rows = await panel.page.$$eval('[data-segment]', (all) => all.length);
      await panel.close();
      frames.sort((a, b) => a - b);
      const at = (q: number): number =>
        frames[Math.min(frames.length - 1, Math.floor(q * frames.length))] ?? 0;
      console.log(
        `      a frame: p50 ${at(0.5).toFixed(1)}, p99 ${at(QUANTILE).toFixed(1)}, worst ${at(1).toFixed(1)} ms; ${rows} segments in the document`,
      );
      ok(rows < 400 && rows > 0, `${rows} segments are in the document`);
      ok(at(QUANTILE) <= FRAME_MS, `${at(QUANTILE).toFixed(1)} ms`);
    });
  }
});
