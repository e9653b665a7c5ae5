/**
 * The built panel page in a real Chromium, with a stand-in for the editor's side of the webview.
 */
import { deepEqual } from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { panelHtml } from '../../extension/panel/html';
import type { FromPanel, PanelView, ToPanel } from '../../protocol/panel';
import { findChromium } from '../../scripts/testHost/commands.mjs';
import { THEMES, type ThemeName } from './themes';

export const ROOT = resolve(__dirname, '../..');
const OUT = join(ROOT, 'out');
const SCREENSHOTS = join(OUT, 'screenshots', 'panel');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--allow-file-access-from-files',
];

/** The sheet that the editor puts into every webview, in its own layer. */
const EDITOR_SHEET = `@layer vscode-default { html { scrollbar-color: var(--vscode-scrollbarSlider-background) transparent; }
  body { overscroll-behavior-x: none; background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family); font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; } }`;

let browser: Browser | undefined;
let coverageFiles = 0;

export async function launch(): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('Chromium was not found: install it (Debian: chromium) or set CHROME_PATH.');
  browser = await chromium.launch({ executablePath, args: FLAGS });
}

export async function quit(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

interface Options {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: boolean;
  readonly strings?: Record<string, string>;
}

export class PanelPage {
  private constructor(
    readonly page: Page,
    /** Violations of the policy and errors of the page. */
    readonly problems: string[],
  ) {}

  static async open({
    theme = 'dark',
    width = 320,
    height = 720,
    reducedMotion = false,
    strings,
  }: Options = {}): Promise<PanelPage> {
    if (browser === undefined) throw new Error('launch() first.');
    const page = await browser.newPage({
      viewport: { width, height },
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
      deviceScaleFactor: 2,
    });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()),
    );
    const dist = (file: string): string => pathToFileURL(join(ROOT, 'dist', file)).href;
    mkdirSync(OUT, { recursive: true });
    const file = join(OUT, `panel-${process.pid}.html`);
    writeFileSync(
      file,
      panelHtml({
        nonce: 'bm9uY2Vub25jZW5vbmNl',
        cspSource: 'file:',
        script: dist('panel.js'),
        styles: [dist('codicon.css'), dist('panel.css')],
        language: 'en-GB',
        strings,
      }),
    );
    if (process.env['NODE_V8_COVERAGE'] !== undefined)
      await page.coverage.startJSCoverage({ resetOnNavigation: false });
    // The compiler of the tests names functions by this helper, which the page does not have.
    await page.addInitScript('globalThis.__name = (f) => f');
    await page.addInitScript(editorSide, { ...THEMES[theme], sheet: EDITOR_SHEET });
    await page.goto(pathToFileURL(file).href);
    const panel = new PanelPage(page, problems);
    await panel.until('the page says ready', () =>
      (window as unknown as { posted: { type: string }[] }).posted.some((m) => m.type === 'ready'),
    );
    return panel;
  }

  /**
   * Opens a page with a view, and closes it when `run` is done; nothing may have been refused or
   * failed in it.
   */
  static async with(
    view: PanelView,
    run: (panel: PanelPage) => Promise<void>,
    options: Options = {},
  ): Promise<void> {
    const panel = await PanelPage.open(options);
    try {
      await panel.send({ type: 'view', view });
      await run(panel);
      deepEqual(panel.problems, []);
    } finally {
      await panel.close();
    }
  }

  /**
   * Asks again and again until it is so. The page's policy forbids Playwright's own waiting, which
   * evaluates text.
   */
  async until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await this.page.evaluate(condition))) {
      if (Date.now() > end)
        throw new Error(`Not within ${timeoutMs} ms: ${what}. ${this.problems.join(' ')}`);
      await this.page.waitForTimeout(20);
    }
  }

  /** Sends messages as the extension does and waits until the page drew them. */
  async send(...messages: ToPanel[]): Promise<void> {
    await this.page.evaluate(async (all) => {
      for (const message of all) window.postMessage(message, '*');
      await new Promise((done) => setTimeout(done));
      await (
        document.querySelector('earmark-panel') as unknown as { updateComplete: Promise<unknown> }
      ).updateComplete;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }, messages);
  }

  /** What the page asked for since the last call, `ready` left out. */
  async posted(): Promise<FromPanel[]> {
    const all = await this.page.evaluate(() =>
      (window as unknown as { posted: unknown[] }).posted.splice(0),
    );
    return (all as FromPanel[]).filter((m) => m.type !== 'ready');
  }

  /** What the page kept for its next life. */
  kept(): Promise<unknown> {
    return this.page.evaluate(() => (window as unknown as { kept: unknown }).kept);
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
  }

  async close(): Promise<void> {
    const folder = process.env['NODE_V8_COVERAGE'];
    if (folder !== undefined) {
      const entries = await this.page.coverage.stopJSCoverage();
      const result = entries
        .filter((e) => e.url.endsWith('/dist/panel.js'))
        .map(({ url, scriptId, functions }) => ({ url, scriptId, functions }));
      if (result.length > 0)
        writeFileSync(
          join(folder, `coverage-panel-${process.pid}-${coverageFiles++}.json`),
          JSON.stringify({ result }),
        );
    }
    await this.page.close();
  }
}

/** Runs in the page before its own script. */
function editorSide({
  bodyClass,
  variables,
  sheet,
}: {
  bodyClass: string;
  variables: Readonly<Record<string, string>>;
  sheet: string;
}): void {
  const w = window as unknown as {
    posted: unknown[];
    kept: unknown;
    acquireVsCodeApi: () => unknown;
  };
  w.posted = [];
  w.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) => w.posted.push(message),
    getState: () => w.kept,
    setState: (state: unknown) => (w.kept = state),
  });
  const dress = (): void => {
    for (const [name, value] of Object.entries(variables))
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    document.body.className = bodyClass;
    const constructed = new CSSStyleSheet();
    constructed.replaceSync(`${sheet} html { background: var(--vscode-sideBar-background); }`);
    document.adoptedStyleSheets = [constructed, ...document.adoptedStyleSheets];
  };
  document.addEventListener('DOMContentLoaded', dress);
}
