// Which engine a session gets, and that those who wish the same share one which is unloaded when
// nobody uses it.
import { deepEqual, throws } from 'node:assert/strict';
import {
  type ChoiceSetup,
  type EngineRequest,
  chooseEngines,
  multilingualInstead,
} from '../../../../daemon/asr/choice/engineChoice';
import { createEnginePool } from '../../../../daemon/asr/engine/enginePool';
import type { EngineTarget } from '../../../../daemon/asr/contract/machineChoice';
import type { ManagedEngines } from '../../../../daemon/asr/contract/enginesApi';
import type { DecodeRequest } from '../../../../daemon/asr/contract/provider';
import {
  moonshineInfo,
  openaiInfo,
  scriptedInfo,
  whisperInfo,
} from '../../../../daemon/asr/contract/providerInfos';
import { ScriptedProvider } from '../../../../daemon/asr/engine/scripted';
import {
  type Decoder,
  type DetectorService,
  createSpeechEngine,
} from '../../../../daemon/asr/engine/speechEngine';
import { ManualClock } from '../../../../daemon/base/clock';
import { silentLogger } from '../../../../daemon/base/logger';
import { tierOf } from '../../../../daemon/asr/choice/tiers';
import { MACHINE } from '../../../../testing/fakes/slowEngines';
import { EarmarkError } from '../../../../protocol/errors';
import { UNCALIBRATED } from '../../../../testing/fakes/uncalibrated';

const target = (provider: string, model: string): EngineTarget => ({
  provider,
  model,
  device: 'auto',
});
const CHOICE: ChoiceSetup = {
  providers: [
    { info: moonshineInfo },
    { info: scriptedInfo },
    { info: { ...scriptedInfo, id: 'served' }, defaultModel: 'large' },
  ],
  models: [
    { id: 'moon', provider: 'moonshine', languages: ['en'], installed: true },
    { id: 'many', provider: 'scripted', languages: ['*'], installed: true },
    { id: 'more', provider: 'scripted', languages: ['*'], installed: false },
  ],
  preferred: [target('moonshine', 'moon'), target('scripted', 'more'), target('scripted', 'many')],
};

describe('choice of an engine', () => {
  function check(request: Partial<EngineRequest>, expected: readonly string[] | string): void {
    let outcome: readonly string[] | string;
    try {
      outcome = chooseEngines(CHOICE, { language: 'en', ...request }).map(
        ({ provider, model }) => `${provider} ${model}`,
      );
    } catch (error) {
      outcome = error instanceof EarmarkError ? error.code : 'no EarmarkError';
    }
    deepEqual(outcome, expected);
  }
  it('names a model of several languages beside one of English alone, an installed one first', () =>
    deepEqual(
      [
        multilingualInstead(CHOICE, target('moonshine', 'moon')),
        multilingualInstead(CHOICE, target('scripted', 'many')),
      ],
      ['many', undefined],
    ));
  it('takes what suits the machine and is installed', () =>
    check({}, ['moonshine moon', 'scripted many']));
  it('takes what Earmark fetches by itself where nothing is installed', () => {
    const models = CHOICE.models.map((model) => ({
      ...model,
      installed: false,
      isDefault: model.id === 'many',
    }));
    deepEqual(chooseEngines({ ...CHOICE, models }, { language: 'en' }), [
      target('scripted', 'many'),
    ]);
  });
  it('leaves out what does not speak the language', () =>
    check({ language: 'de-AT' }, ['scripted many']));
  it('takes auto and nothing as no wish', () =>
    check({ provider: 'auto', model: '' }, ['moonshine moon', 'scripted many']));
  it('puts a wish first, installed or not, and what can stand in after it', () =>
    check({ model: 'more' }, ['scripted more', 'moonshine moon', 'scripted many']));
  it('prefers an installed model of the wished provider', () =>
    check({ provider: 'scripted' }, ['scripted many', 'moonshine moon']));
  it('takes any model name for a provider with models of its own', () =>
    check({ provider: 'served', model: 'tiny-x' }, [
      'served tiny-x',
      'moonshine moon',
      'scripted many',
    ]));
  it('takes its default where none is named', () =>
    check({ provider: 'served' }, ['served large', 'moonshine moon', 'scripted many']));
  it('refuses a provider that is not there', () =>
    check({ provider: 'oracle' }, 'engine.unavailable'));
  it('refuses a model that is not there', () => check({ model: 'huge' }, 'model.unknown'));
  it('refuses a model of another provider', () =>
    check({ provider: 'moonshine', model: 'many' }, 'model.unknown'));
  it('lets nothing remote stand in for something local', () => {
    const remote: ChoiceSetup = {
      ...CHOICE,
      providers: [...CHOICE.providers, { info: openaiInfo, defaultModel: 'whisper-1' }],
    };
    const requests: readonly Partial<EngineRequest>[] = [
      {},
      { language: 'de' },
      { provider: 'scripted' },
      { model: 'more' },
    ];
    const tiers = [2, 6, 8, 12, 24, 64].flatMap((memoryGb) =>
      [undefined, { kind: 'cuda', name: 'A GPU', memoryGb: 24 } as const].map((gpu) =>
        tierOf({ memoryGb, ...(gpu ? { gpu } : {}), unknown: [] }),
      ),
    );
    const standIns = [
      ...requests.flatMap((request) => chooseEngines(remote, { language: 'en', ...request })),
      ...tiers.flatMap(({ targets }) => targets),
    ];
    deepEqual(
      standIns.filter(({ provider }) => provider === 'openai'),
      [],
    );
  });
  it('has the remote engine first, and local ones behind it, where the user names it', () =>
    deepEqual(
      chooseEngines(
        {
          ...CHOICE,
          providers: [...CHOICE.providers, { info: openaiInfo, defaultModel: 'whisper-1' }],
        },
        { language: 'en', provider: 'openai' },
      ).map(({ provider }) => provider),
      ['openai', 'moonshine', 'scripted'],
    ));
  it('refuses a GPU for a recogniser that runs on the CPU, and names those that use one', () => {
    const request = { language: 'en', device: 'gpu' } as const;
    throws(() => chooseEngines(CHOICE, { ...request, provider: 'moonshine' }), {
      code: 'engine.unavailable',
      message: /moonshine does not use a GPU/,
    });
    throws(() => chooseEngines(CHOICE, request), /No speech engine of this computer can use a GPU/);
    const able = {
      ...CHOICE,
      providers: [...CHOICE.providers, { info: whisperInfo, defaultModel: 'w' }],
    };
    throws(() => chooseEngines(able, request), /or choose whisper/);
    deepEqual(chooseEngines(able, { ...request, provider: 'whisper' }), [
      { provider: 'whisper', model: 'w', device: 'gpu' },
    ]);
  });
  it('refuses a wished model that does not speak the language', () =>
    check({ model: 'moon', language: 'de' }, 'engine.language'));
});

describe('engine pool', () => {
  const clock = new ManualClock();
  const made: { key: string; loads: number; unloads: number }[] = [];
  const asked: DecodeRequest[] = [];
  const detectors: DetectorService = {
    start: () => Promise.resolve(),
    stop: () => undefined,
    health: () => [],
    create: () => ({
      detect: (w) => Promise.resolve(new Float32Array(w.length)),
      reset: () => undefined,
      dispose: () => undefined,
    }),
  };
  let pool: ManagedEngines;

  beforeEach(() => {
    made.length = 0;
    asked.length = 0;
    pool = createEnginePool({
      clock,
      logger: silentLogger,
      choice: CHOICE,
      look: () => Promise.resolve(CHOICE),
      calibrator: UNCALIBRATED,
      sharedWorkers: () => [],
      load: () => ({}),
      probed: Promise.resolve(),
      machine: () => MACHINE,
      unloadIdleMs: 60_000,
      create: ({ provider, model }) => {
        const seen = { key: `${provider} ${model}`, loads: 0, unloads: 0 };
        made.push(seen);
        const recogniser = new ScriptedProvider({ clock });
        const decoder: Decoder = {
          start: () => (seen.loads++, recogniser.load({ id: model, files: {} })),
          stop: () => void seen.unloads++,
          health: () => ({ name: model, state: 'ready', restarts: 0, rssBytes: 100 }),
          transcribe: (pcm, options, signal) => (
            asked.push(options),
            recogniser.transcribe(pcm, options, signal)
          ),
        };
        return createSpeechEngine({ clock, provider, model, decoders: [decoder], detectors });
      },
    });
  });
  afterEach(() => pool.dispose());

  it('gives equal wishes one engine and one load, different ones their own', async () => {
    const leases = [
      pool.open({ language: 'en', live: true }),
      pool.open({ language: 'en', model: 'moon', live: true }),
      pool.open({ language: 'de', live: true }),
    ];
    await Promise.all([...leases, ...leases].map((engine) => engine.ready()));
    const texts = await Promise.all(
      leases.map((engine) =>
        engine.decode(new Float32Array(16_000).fill(0.1), {
          language: 'en',
          priority: 'final',
          sessionId: 's',
        }),
      ),
    );
    deepEqual(
      [
        made.map(({ key, loads }) => `${key} ${loads}`),
        leases.map((l) => l.model),
        texts.map((r) => r?.text),
        pool.list().map((e) => `${e.model} ${e.state} ${e.sessions}`),
      ],
      [
        ['moonshine moon 1', 'scripted many 1'],
        ['moon', 'moon', 'many'],
        ['alpha bravo', 'alpha bravo', 'alpha bravo'],
        ['moon READY 2', 'many READY 1'],
      ],
    );
  });

  it('gives every decode of a session its vocabulary and its wish for a translation, and none to others', async () => {
    const request = { language: 'de', live: true };
    const leases = [
      pool.open({ ...request, vocabulary: ['fetchToken', 'Ben'], translate: true }),
      pool.open(request),
    ];
    for (const engine of leases) {
      await engine.ready();
      asked.length = 0;
      await engine.decode(new Float32Array(16_000).fill(0.1), {
        language: 'de',
        priority: 'final',
        sessionId: 's',
      });
      const [{ prompt, translate } = {}] = asked;
      deepEqual(
        [prompt, translate],
        engine === leases[0] ? [['fetchToken', 'Ben'], true] : [undefined, undefined],
      );
    }
  });

  it('unloads what nobody holds or uses, and loads it again for the next', async () => {
    const engine = pool.open({ language: 'en', live: true });
    await engine.ready();
    clock.advance(200_000);
    deepEqual([pool.main.state, pool.inUse('moon')], ['READY', true]);
    engine.dispose();
    clock.advance(45_000);
    await pool.open({ language: 'en', live: true }).ready();
    clock.advance(1_000);
    deepEqual([pool.main.state, made[0]?.loads], ['READY', 2]);
  });
});
