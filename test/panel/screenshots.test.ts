/**
 * Every view in every theme: no violation that axe-core finds, nothing the policy refused, and a
 * picture to look at.
 */
import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PanelView, ToPanel } from '../../protocol/panel';
import { launch, PanelPage, quit } from './panelPage';
import { fourPeople, models, offer, session, storage, writings } from './samples';
import type { ThemeName } from './themes';

const axeSource = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

async function violations(panel: PanelPage): Promise<string[]> {
  await panel.page.evaluate(axeSource);
  // The page is a part of the editor's window, so rules about whole documents do not hold for it.
  const result = (await panel.page.evaluate(
    `axe.run(document, { rules: { 'page-has-heading-one': { enabled: false }, 'region': { enabled: false } } })`,
  )) as AxeResult;
  return result.violations.flatMap((v) =>
    v.nodes.map((n) => `${v.id}: ${n.html} ${n.failureSummary ?? ''}`),
  );
}

const levels: ToPanel = {
  type: 'levels',
  levels: [
    { source: 'mic', rmsDb: -24, speech: true },
    { source: 'system', rmsDb: -48, speech: false },
  ],
};

const { basis: _basis, ...offerWithoutBasis } = offer;

const NAMES: Readonly<Record<string, string>> = {
  'Speaker 2': 'Ben',
  'Speaker 3': 'Priya',
  'Speaker 4': 'Alexandra Winterbottom',
};
const named = (speaker: string): string => NAMES[speaker] ?? speaker;

const VIEWS: Readonly<Record<string, PanelView>> = {
  consent: {
    kind: 'consent',
    wording: [
      'Earmark records your microphone and system audio until you stop the meeting. The status bar always shows it.',
      'Audio, transcript and notes stay on this machine. Earmark sends nothing unless you configure a remote engine.',
      'Tell all participants that you are recording, and get their consent. Many jurisdictions require it.',
    ],
  },
  offline: {
    kind: 'offline',
    text: 'The Earmark daemon ended again and again; look into its log, then try again.',
    canRetry: true,
  },
  idle: {
    kind: 'idle',
    model: { state: 'installed', verified: true },
    lastSession: {
      id: 'x',
      title: 'Import service stand-up',
      startedAt: '2026-11-20T14:05:00+01:00',
    },
  },
  'idle-no-model': { kind: 'idle', model: { state: 'absent' } },
  'idle-downloading': {
    kind: 'idle',
    model: { state: 'downloading', receivedBytes: 21_400_000, totalBytes: 55_000_000 },
  },
  'idle-broken': {
    kind: 'idle',
    model: {
      state: 'broken',
      reason:
        'The file decoder.onnx does not have the checksum it should have; download the model again.',
    },
  },
  'idle-offer': { kind: 'idle', model: { state: 'installed', verified: true }, offer },
  'idle-offer-notice': {
    kind: 'idle',
    model: { state: 'installed', verified: true },
    offer: {
      ...offerWithoutBasis,
      bytes: 670_479_942,
      name: 'Parakeet TDT 0.6B v3',
      benefits: ['Recognises German; no installed model does'],
      facts: ['25 languages', 'Licence CC-BY-4.0', 'Expected: 7.9× faster than real time'],
      notice: 'This 8-bit form sometimes drops words that the float form has.',
    },
  },
  'idle-offer-downloading': {
    kind: 'idle',
    model: { state: 'installed', verified: true },
    offer: { ...offer, progress: { receivedBytes: 48_000_000, totalBytes: offer.bytes } },
  },
  'idle-offer-failed': {
    kind: 'idle',
    model: { state: 'installed', verified: true },
    offer: {
      ...offer,
      problem: 'The connection broke during the download; try again, the received part is kept.',
    },
    lastSession: {
      id: 'x',
      title: 'Import service stand-up',
      startedAt: '2026-11-20T14:05:00+01:00',
    },
  },
  recording: session,
  starting: {
    ...session,
    state: 'STARTING',
    segments: [],
    partials: [],
    insights: [],
    durationMs: 0,
    health: 'Moonshine tiny, loading',
  },
  paused: { ...session, state: 'PAUSED', partials: [] },
  warnings: {
    ...session,
    silent: ['system'],
    notices: [
      {
        id: 'a',
        severity: 'warning',
        text: 'No audio from the system audio for 5 seconds. Check that the meeting plays on the selected output.',
        action: { label: 'Run Doctor', command: 'doctor' },
      },
      {
        id: 'b',
        severity: 'error',
        text: 'Cannot write the note; the meeting continues. Make its folder writable or select another.',
        action: { label: 'Open Settings', command: 'openSettings' },
      },
    ],
  },
  'names suggested': {
    ...session,
    segments: session.segments.map((segment) =>
      segment.speaker === 'Ben' ? { ...segment, speaker: 'Speaker 1' } : segment,
    ),
    called: { 'Speaker 1': 'Ben' },
  },
  done: { ...session, state: 'DONE', partials: [], durationMs: 1_934_000 },
  'four people live': { ...session, segments: fourPeople, insights: [], durationMs: 24_000 },
  'four people after': {
    ...session,
    state: 'DONE',
    partials: [],
    insights: [],
    durationMs: 24_000,
    segments: fourPeople.map(({ alsoSpeaking, ...segment }) => ({
      ...segment,
      speaker: named(segment.speaker),
      ...(alsoSpeaking && { alsoSpeaking: alsoSpeaking.map(named) }),
    })),
  },
  playable: { ...session, state: 'DONE', partials: [], playable: true },
  storage,
  'storage-asking': {
    kind: 'storage',
    uploads: [],
    voices: [],
    retention: {},
    keepAudio: true,
    elsewhere: ['speech.example.org'],
  },
  models,
};

/** What is opened inside a view. */
const OPENED: Readonly<Record<string, (panel: PanelPage) => Promise<void>>> = {
  'editing a card': async ({ page }) => {
    await page.hover('[data-insight="a1"]');
    await page.click('[data-insight="a1"] [aria-label="Edit"]');
  },
  playing: (panel) =>
    panel.send({
      type: 'audio',
      pcm: Buffer.alloc(64_000).toString('base64'),
      startMs: 9_000,
      endMs: 11_000,
      follows: false,
    }),
};

describe('panel views', function () {
  this.timeout(60_000);
  before(launch);
  after(quit);

  for (const theme of [
    'dark',
    'light',
    'hc-dark',
    'hc-light',
  ] as const satisfies readonly ThemeName[]) {
    for (const [name, view] of Object.entries(VIEWS)) {
      it(`${name} in ${theme}: accessible, nothing refused`, async () => {
        const panel = await PanelPage.open({ theme });
        await panel.send({ type: 'view', view }, levels);
        await panel.screenshot(`${name}-${theme}`);
        const found = await violations(panel);
        const { problems } = panel;
        await panel.close();
        deepEqual({ found, problems }, { found: [], problems: [] });
      });
    }
  }

  // A side bar of 480 pixels holds 240 of the page's at 200 % zoom.
  for (const [name, view] of Object.entries(VIEWS)) {
    it(`${name} at 200 % zoom: accessible, nothing cut off`, async () => {
      const panel = await PanelPage.open({ theme: 'dark', width: 240, height: 400 });
      await panel.send({ type: 'view', view }, levels);
      await panel.screenshot(`${name}-200`);
      const found = await violations(panel);
      const wider = await panel.page.evaluate(() =>
        [
          ...document.querySelectorAll(
            'body, main, .scroll, .insights, header, .card-body, .text, .page section, .choice, .model-row',
          ),
        ]
          .filter((e) => e.scrollWidth > e.clientWidth + 1)
          .map((e) => e.className),
      );
      await panel.close();
      deepEqual({ found, wider }, { found: [], wider: [] });
    });
  }

  for (const [name, open] of Object.entries(OPENED)) {
    it(`${name}: accessible`, async () => {
      const panel = await PanelPage.open({ theme: 'light' });
      await panel.send({
        type: 'view',
        view: { ...session, state: 'DONE', partials: [], playable: true },
      });
      await open(panel);
      await panel.screenshot(`${name}-light`);
      const found = await violations(panel);
      await panel.close();
      deepEqual(found, []);
    });
  }

  for (const [name, writing] of Object.entries(writings))
    for (const [theme, width] of [
      ['light', 480],
      ['dark', 220],
      ['hc-dark', 480],
    ] as const)
      it(`better notes, ${name} in ${theme}, ${width} px: accessible, nothing cut off`, async () => {
        const panel = await PanelPage.open({ theme, width, height: 760 });
        await panel.send(
          { type: 'view', view: { ...session, state: 'DONE', partials: [] } },
          { type: 'writing', id: session.id, writing },
        );
        await panel.screenshot(`notes-${name}-${theme}`);
        const found = await violations(panel);
        const wider = await panel.page.evaluate(() =>
          [...document.querySelectorAll('.writing, .writing *')]
            .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
            .map((e) => e.className),
        );
        await panel.close();
        deepEqual({ found, wider }, { found: [], wider: [] });
      });

  it('sends the selected model, and forgets the block with another session', async () => {
    const panel = await PanelPage.open({});
    const view = { ...session, state: 'DONE', partials: [] } as const;
    await panel.send(
      { type: 'view', view },
      { type: 'writing', id: session.id, writing: writings['offer'] },
    );
    await panel.page.click('.writing vscode-button');
    const sent = (await panel.posted()).at(-1);
    await panel.send({ type: 'view', view: { ...view, id: 'another' } });
    const left = await panel.page.locator('.writing').count();
    await panel.close();
    deepEqual(
      [sent, left],
      [{ type: 'command', command: 'writeNotes', argument: 'copilot/gpt' }, 0],
    );
  });

  it('the speaker stays whole beside others who talk at the same time', async () => {
    const panel = await PanelPage.open({ width: 240 });
    await panel.send({ type: 'view', view: VIEWS['four people live'] as PanelView });
    const found = await panel.page.evaluate(() =>
      [...document.querySelectorAll('.turn:has(.also)')].map((turn) => {
        const [speaker, also] = ['.speaker', '.also'].map((name) => turn.querySelector(name));
        return {
          cut: speaker ? speaker.scrollWidth > speaker.clientWidth : true,
          names: also?.textContent?.trim(),
          title: also?.getAttribute('title'),
        };
      }),
    );
    await panel.close();
    const beside = (names: string) => ({
      cut: false,
      names: `+ ${names}`,
      title: `Talks at the same time: ${names}`,
    });
    deepEqual(found, ['Speaker 2', 'Speaker 3, Speaker 4', 'Speaker 4'].map(beside));
  });

  for (const width of [220, 300, 480, 900]) {
    it(`nothing is cut off at ${width} px`, async () => {
      const panel = await PanelPage.open({ width, height: 760 });
      await panel.send({ type: 'view', view: session }, levels);
      await panel.screenshot(`recording-${width}px`);
      const wider = await panel.page.evaluate(() =>
        [...document.querySelectorAll('body, .scroll, .insights, header, .card-body, .text')]
          .filter((e) => e.scrollWidth > e.clientWidth + 1)
          .map((e) => e.className),
      );
      await panel.close();
      deepEqual(wider, []);
    });
  }
});
