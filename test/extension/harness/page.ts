// A window of the VS Code host in a real browser, and what a person does in it: commands, themes,
// reloads, webviews.
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import type { ModelMood } from '../../../testing/fakes/scripted/scriptedNotes';
import type { ControlFolder, HostControl } from './control';
import type { HostMemory } from './inHost/companion';

/** The themes the panel is looked at in; each is one that VS Code ships. */
export const themes = {
  dark: { name: 'Default Dark Modern', className: 'vs-dark' },
  light: { name: 'Default Light Modern', className: 'vs' },
  highContrast: { name: 'Default High Contrast', className: 'hc-black' },
  highContrastLight: { name: 'Default High Contrast Light', className: 'hc-light' },
} as const;
export type ThemeId = keyof typeof themes;

export interface OpenOptions {
  /** CSS pixels; 1280 × 800 where not given. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** The time until the workbench stands and its extension host is up, in ms. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;
const stepLimitMs = 15_000;

/**
 * Starts Debian's Chromium, or $CHROME_PATH, headless. @throws {Error} one sentence where there is
 * none.
 */
export async function launchBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const { findChromium } = await import('../../../scripts/testHost/commands.mjs');
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error(
      'No Chromium was found: install it (on Debian: apt-get install chromium) or set CHROME_PATH.',
    );
  return chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

export class HostPage {
  /**
   * Exit code of `extensionTestsPath`, once its run() has ended; VS Code in a browser calls
   * codeAutomationExit with it.
   */
  readonly testsExit: Promise<number>;

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly controls: ControlFolder | undefined,
    private readonly timeoutMs: number,
    private control: HostControl | undefined,
    testsExit: Promise<number>,
  ) {
    this.testsExit = testsExit;
  }

  /**
   *
   * @param controls of the server that runs the extension host; undefined where that runs in the
   * page, and what asks it refuses
   */
  static async open(
    browser: Browser,
    url: string,
    controls: ControlFolder | undefined,
    options: OpenOptions,
  ): Promise<HostPage> {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    let exit: (code: number) => void = () => undefined;
    const testsExit = new Promise<number>((resolve) => {
      exit = resolve;
    });
    await context.exposeFunction('codeAutomationExit', (code: number) => exit(code));
    const page = await context.newPage();
    // A window with unsaved text asks before it goes; a test that closes it means it.
    page.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
    const opened = new HostPage(page, context, controls, timeoutMs, undefined, testsExit);
    await page.goto(url, { waitUntil: 'domcontentloaded', timeout: timeoutMs });
    await opened.waitForHost();
    return opened;
  }

  /** The process of this window's extension host; another one after a reload. */
  get hostPid(): number {
    return this.control?.pid ?? -1;
  }

  private async waitForHost(): Promise<void> {
    await this.page
      .locator('.monaco-workbench .part.statusbar')
      .waitFor({ state: 'attached', timeout: this.timeoutMs });
    this.control = await this.controls?.next(this.timeoutMs);
  }

  private ask(request: Parameters<HostControl['ask']>[0]): Promise<unknown> {
    if (!this.control) throw new Error('The window has no extension host.');
    return this.control.ask(request);
  }

  /** Runs a command by its identifier, past the window; its result must survive JSON. */
  execute(command: string, ...args: unknown[]): Promise<unknown> {
    return this.ask({ kind: 'execute', command, args });
  }

  /**
   * Offers a scripted language model in this window, or changes its mood.
   * @returns requests so far; undefined in a VS Code that takes no providers
   */
  async scriptModel(mood: ModelMood): Promise<number | undefined> {
    return (await this.ask({ kind: 'model', mood })) as number | undefined;
  }

  /** What the window's extension host holds now. */
  async memory(): Promise<HostMemory> {
    return (await this.ask({ kind: 'memory' })) as HostMemory;
  }

  /**
   * Changes user settings as an extension does; null takes one away. Writing settings.json would
   * not do: code-server does not notice changes of that file from outside.
   */
  async updateSettings(change: Readonly<Record<string, unknown>>): Promise<void> {
    await this.ask({ kind: 'settings', change });
  }

  /**
   * Runs a command by its title as the palette shows it, with its category: 'Earmark: Start
   * Meeting'.
   */
  async runCommand(title: string, timeoutMs = stepLimitMs): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input').first();
    const row = this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({
        has: this.page
          .locator('.quick-input-list-label .label-name')
          .getByText(title, { exact: true }),
      })
      .first();
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      // An extension's commands come some time after the window, and an open palette does not list
      // them.
      await this.page.keyboard.press('F1');
      await input.waitFor({ timeout: timeoutMs });
      await input.fill(`>${title}`);
      try {
        await row.click({ timeout: 1_500 });
        return;
      } catch (error) {
        // A slow window ran it and is late to say so: once more would undo what toggles.
        if (!(await input.isVisible())) return;
        if (Date.now() > deadline)
          throw new Error(`The command palette has no "${title}".`, { cause: error });
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Sets the theme and waits until the window has it. */
  async setTheme(id: ThemeId): Promise<void> {
    await this.updateSettings({ 'workbench.colorTheme': themes[id].name });
    await this.page
      .locator(`.monaco-workbench.${themes[id].className}`)
      .first()
      .waitFor({ timeout: stepLimitMs });
  }

  /** Saves a PNG of the window, or of one element of it. */
  async screenshot(path: string, selector?: string): Promise<void> {
    if (selector) await this.page.locator(selector).first().screenshot({ path });
    else await this.page.screenshot({ path });
  }

  /**
   * Reloads by "Developer: Reload Window", and waits for the new workbench and its new extension
   * host.
   */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('domcontentloaded', { timeout: this.timeoutMs });
    await this.ask({ kind: 'coverage' });
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.waitForHost();
  }

  /**
   * The page dies without a word to the server, as where a laptop goes to sleep or a network
   * breaks.
   */
  async lose(): Promise<void> {
    const crashed = this.page.waitForEvent('crash');
    const session = await this.context.newCDPSession(this.page);
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await this.context.close();
  }

  /**
   * The document inside an extension's webview: VS Code puts it into a frame in a frame.
   * @param extensionId publisher.name
   * @param contains a selector that the wanted webview's document has, where the extension shows
   * several
   */
  async webview(extensionId: string, contains = 'body', timeoutMs = stepLimitMs): Promise<Frame> {
    const deadline = Date.now() + timeoutMs;
    const outer = this.page.locator(`iframe.webview[src*="extensionId=${extensionId}"]`);
    for (;;) {
      for (const handle of await outer.elementHandles()) {
        const inner = (await handle.contentFrame())?.childFrames() ?? [];
        for (const frame of inner) {
          const found = await frame
            .locator(contains)
            .count()
            .catch(() => 0);
          // While a page is being replaced there is a second, pending frame beside the active one.
          const active = await frame
            .frameElement()
            .then((element) => element.getAttribute('id'))
            .catch(() => null);
          if (found > 0 && active === 'active-frame') return frame;
        }
      }
      if (Date.now() > deadline)
        throw new Error(
          `No webview of ${extensionId} with "${contains}" appeared within ${timeoutMs / 1000} s.`,
        );
      await this.page.waitForTimeout(50);
    }
  }

  /** The texts of the notifications that are shown now. */
  notifications(): Promise<string[]> {
    return this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  /** Presses a button of a notification or a modal dialog. */
  async pressButton(label: string): Promise<void> {
    const button = '.notification-toast .monaco-button, .monaco-dialog-box .monaco-button';
    await this.page
      .locator(button)
      .getByText(label, { exact: true })
      .first()
      .click({ timeout: stepLimitMs });
  }

  /** Closes the window; its extension host saves its coverage first and then ends. */
  async close(): Promise<void> {
    await this.ask({ kind: 'coverage' }).catch(() => undefined);
    await this.context.close();
  }
}
