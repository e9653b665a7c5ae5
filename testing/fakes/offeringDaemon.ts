/**
 * A real daemon process with two models: a built-in one and a better one on a hub. Catalogue and
 * hub are in `offer.json` of the state folder. Downloads and the engine pool are real; a model's
 * text is its letter and the number of the tone. Takes the same arguments as daemon/main.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../../client';
import { createModelDisk } from '../../daemon/adapters/download/modelDisk';
import { createEnginePool } from '../../daemon/asr/engine/enginePool';
import type { ChoiceSetup } from '../../daemon/asr/choice/engineChoice';
import { scriptedInfo } from '../../daemon/asr/contract/providerInfos';
import { type Decoder, createSpeechEngine } from '../../daemon/asr/engine/speechEngine';
import { FRAME_SAMPLES } from '../../daemon/audio/frame';
import type { Clock } from '../../daemon/base/clock';
import type { ComposeOptions } from '../../daemon/compose';
import type { Models } from '../../daemon/models/api';
import type { CatalogueEntry } from '../../daemon/models/catalogueEntry';
import { createModels } from '../../daemon/models/manager';
import { runDaemon } from '../../daemon/runDaemon';
import { phrases } from '../harness/sessionHarness';
import { LOUDNESS, ScriptedEngine } from './scripted/scriptedEngine';
import { MACHINE } from './slowEngines';
import { UNCALIBRATED } from './uncalibrated';

/** `letters`: first letter of each model's words, best model first. */
export interface Offered {
  readonly hub: string;
  readonly catalogue: readonly CatalogueEntry[];
  readonly letters: Readonly<Record<string, string>>;
}

/** Time that a model takes to load. */
const LOAD_MS = 1_500;
/** The first tone is loud enough for the silence guard. */
const FIRST = 30;
const TICK_MS = 100;
const TICKS = { loud: 4, all: 10 };

/** Tones on the microphone, one a second, each louder than the one before. */
const capture: ComposeOptions['capture'] = ({ clock }) => ({
  abilities: () =>
    Promise.resolve({
      microphones: [{ id: 'tone', name: 'Tone', isDefault: true, recorder: 'sox' }],
      systems: [],
      recorders: [],
      advice: [],
    }),
  start: (source, _device, handlers) => {
    const begunMs = clock.now();
    let tick = 0;
    const timer = clock.setInterval(() => {
      for (; tick < Math.round((clock.now() - begunMs) / TICK_MS); tick++) {
        const level = (FIRST + Math.floor(tick / TICKS.all)) * LOUDNESS;
        const loud = tick % TICKS.all < TICKS.loud;
        handlers.onData(new Int16Array(FRAME_SAMPLES * 5).fill(loud ? level : 0));
      }
    }, TICK_MS);
    return Promise.resolve({
      source,
      device: 'tone',
      recorder: 'fake',
      stop: () => Promise.resolve(timer.dispose()),
    });
  },
  dispose: () => Promise.resolve(),
});

const decoder = (clock: Clock, letter: string): Decoder => ({
  start: () => new Promise((resolve) => clock.setTimeout(resolve, LOAD_MS)),
  stop: () => undefined,
  health: () => ({ name: letter, state: 'ready', restarts: 0 }),
  transcribe: (pcm) => {
    const peak = pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const text = peak === 0 ? '' : `${letter}${Math.round((peak * 32_768) / LOUDNESS)}`;
    const endMs = pcm.length / 16;
    return Promise.resolve({
      text,
      words:
        text === ''
          ? []
          : [{ text, startMs: 0, endMs, confidence: 0.9, timing: 'estimated' as const }],
      confidence: 0.9,
      language: 'en',
      inferenceMs: 20,
    });
  },
});

const offered = JSON.parse(readFileSync(join(stateFolder(), 'offer.json'), 'utf8')) as Offered;
const choiceOf = (models: Awaited<ReturnType<Models['list']>>): ChoiceSetup => ({
  providers: [{ info: scriptedInfo }],
  models: models.map(({ id, provider, languages, status, isDefault }) => ({
    id,
    provider,
    languages,
    installed: status.state === 'installed',
    isDefault,
  })),
  preferred: Object.keys(offered.letters).map((model) => ({
    provider: 'scripted',
    model,
    device: 'auto',
  })),
});

void runDaemon(process.argv.slice(2), {
  capture,
  phrases,
  voices: 'none',
  models: ({ clock, logger }) =>
    createModels({
      clock,
      logger,
      catalogue: offered.catalogue,
      disk: createModelDisk({
        folder: join(stateFolder(), 'models'),
        record: join(stateFolder(), 'verified-models.json'),
        from: () => ({ mirror: offered.hub }),
        npm: () => Promise.resolve({ retry: { retries: 0 }, timeout: 20_000 }),
      }),
    }),
  engines: ({ clock, logger, models }) => {
    const { detectors } = new ScriptedEngine();
    return createEnginePool({
      clock,
      logger,
      choice: choiceOf([]),
      look: async () => choiceOf(await models.list()),
      calibrator: UNCALIBRATED,
      sharedWorkers: () => [],
      load: () => ({}),
      probed: Promise.resolve(),
      machine: () => MACHINE,
      create: ({ provider, model }) =>
        createSpeechEngine({
          clock,
          provider,
          model,
          decoders: [decoder(clock, offered.letters[model] ?? '?')],
          detectors: {
            ...detectors,
            start: () => Promise.resolve(),
            stop: () => undefined,
            health: () => [],
          },
        }),
    });
  },
});
