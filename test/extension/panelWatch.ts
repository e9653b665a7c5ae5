// Notes everything the panel page shows during a test, with the time it appeared. The words stay in
// the test's memory.
import type { Frame } from 'playwright-core';
import type { HostPage } from './harness/page';
import { extensionId } from './rig';

export type PanelSight =
  | {
      readonly kind: 'partial';
      readonly at: number;
      readonly source: string;
      readonly text: string;
    }
  | {
      readonly kind: 'final';
      readonly at: number;
      readonly source: string;
      readonly id: string;
      readonly text: string;
    }
  | { readonly kind: 'card'; readonly at: number; readonly card: string; readonly id: string };

/** A string, because what compiles this file adds helpers that the page does not have. */
const watcher = `(() => {
  if (window.earmarkSights) return;
  const sights = (window.earmarkSights = []);
  const known = new Set();
  const last = {};
  const sourceOf = (row) => (row.classList.contains('mic') ? 'mic' : 'system');
  const look = () => {
    const at = Date.now();
    for (const row of document.querySelectorAll('.row.partial')) {
      const text = row.querySelector('.text')?.textContent.trim() ?? '';
      const source = sourceOf(row);
      if (text !== '' && last[source] !== text) sights.push({ kind: 'partial', at, source, text: (last[source] = text) });
    }
    for (const row of document.querySelectorAll('[data-segment]')) {
      const id = row.dataset.segment;
      if (known.has(id)) continue;
      known.add(id);
      sights.push({ kind: 'final', at, source: sourceOf(row), id, text: row.querySelector('.text')?.textContent.trim() ?? '' });
    }
    for (const card of document.querySelectorAll('.card[data-insight]')) {
      const id = card.dataset.insight;
      if (known.has(id)) continue;
      known.add(id);
      sights.push({ kind: 'card', at, card: [...card.classList].find((c) => c !== 'card' && c !== 'closed') ?? '', id });
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
})()`;

export class PanelWatch {
  /** In order of time, over reloads of the window. */
  readonly sights: PanelSight[] = [];

  private constructor(
    private readonly window: HostPage,
    private current: Frame,
  ) {}

  static async begin(window: HostPage): Promise<PanelWatch> {
    const watch = new PanelWatch(
      window,
      await window.webview(extensionId, 'earmark-panel', 30_000),
    );
    await watch.current.evaluate(watcher);
    return watch;
  }

  /** The panel's document. */
  get frame(): Frame {
    return this.current;
  }

  /** After a reload: waits for the panel's new document and goes on there. */
  async again(): Promise<void> {
    this.current = await this.window.webview(extensionId, 'earmark-panel', 30_000);
    await this.current.evaluate(watcher);
  }

  /** Fetches what was seen since the last call. */
  async take(): Promise<void> {
    this.sights.push(
      ...(await this.current.evaluate<PanelSight[]>('window.earmarkSights.splice(0)')),
    );
  }
}
