// Which models suit a machine, a language and a purpose, and what they bring.
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { ModelState, ModelView } from '../../../../daemon/models/api';
import type { Calibration } from '../../../../daemon/asr/contract/machineChoice';
import { CATALOGUE, totalBytes } from '../../../../daemon/models/catalogue';
import { residentBytesOf } from '../../../../daemon/models/memory';
import { PUBLISHED_ERRORS } from '../../../../daemon/models/publishedErrors';
import { orderFor } from '../../../../daemon/asr/choice/purposes';
import { type Recommendation, recommend } from '../../../../daemon/asr/choice/recommend';
import { tierOf } from '../../../../daemon/asr/choice/tiers';

const SMALL = 'parakeet-tdt_ctc-110m';
const LARGE = 'parakeet-tdt-0.6b-v2';

const views = (
  installed: readonly string[],
  change: (view: ModelView) => ModelView = (view) => view,
): readonly ModelView[] =>
  CATALOGUE.map((entry) =>
    change({
      id: entry.id,
      kind: entry.kind,
      provider: entry.provider,
      languages: entry.languages,
      bytes: totalBytes(entry),
      licence: entry.licence,
      isDefault: entry.isDefault,
      origin: entry.source.type === 'local' ? 'import' : 'download',
      version: entry.version,
      versions: [],
      status: (installed.includes(entry.id)
        ? { state: 'installed', verified: true }
        : { state: 'absent' }) satisfies ModelState,
      residentBytes: residentBytesOf(entry),
    }),
  );

/** @param rtf of Moonshine tiny */
const measured = (rtf: number): Calibration => ({
  fingerprint: 'f',
  model: 'moonshine-tiny',
  rtf,
  audioMs: 60_000,
  atMs: 1,
});

interface Machine {
  readonly memoryGb?: number;
  readonly freeGb?: number;
  readonly rtf?: number;
  readonly language?: string;
  readonly installed?: readonly string[];
  readonly change?: (view: ModelView) => ModelView;
}

function recommendFor({
  memoryGb = 16,
  freeGb = 8,
  rtf,
  language = 'en',
  installed = ['moonshine-tiny'],
  change,
}: Machine): readonly Recommendation[] {
  const calibration = rtf === undefined ? undefined : measured(rtf);
  return recommend({
    targets: tierOf({ memoryGb, unknown: [] }, calibration).targets,
    models: views(installed, change),
    language,
    calibration,
    freeBytes: freeGb * 1e9,
  });
}

describe('recommended models', () => {
  const check = (machine: Machine, expected: readonly string[]): void =>
    deepEqual(
      recommendFor(machine).map(({ purpose, model }) => `${purpose} ${model.id}`),
      expected,
    );

  it('are quick in dictation and large in meetings on a usual machine', () =>
    check({}, [`dictation ${SMALL}`, `meeting ${LARGE}`]));
  it('are small with 4 GB of memory', () =>
    check({ memoryGb: 4, freeGb: 2 }, [`dictation ${SMALL}`, `meeting ${SMALL}`]));
  it('fit into the free memory', () =>
    check({ freeGb: 1.5 }, [`dictation ${SMALL}`, `meeting ${SMALL}`]));
  it('are the built-in model if nothing else fits', () =>
    check({ freeGb: 0.6 }, ['dictation moonshine-tiny', 'meeting moonshine-tiny']));
  it('are fast enough on a measured slow machine', () =>
    check({ rtf: 0.1 }, [`dictation ${SMALL}`, `meeting ${SMALL}`]));
  it('are the built-in model on a very slow machine', () =>
    check({ rtf: 0.25 }, ['dictation moonshine-tiny', 'meeting moonshine-tiny']));
  it('are large in dictation too on a fast machine', () =>
    check({ rtf: 0.015 }, [`dictation ${LARGE}`, `meeting ${LARGE}`]));
  it('recognise the language', () =>
    check({ language: 'de-AT' }, [
      'dictation parakeet-tdt-0.6b-v3',
      'meeting parakeet-tdt-0.6b-v3',
    ]));
  it('are none for a language of no model on a small machine', () =>
    check({ language: 'ja', memoryGb: 2, freeGb: 0.1, installed: [] }, []));
  it('are never experimental', () =>
    check({ change: (view) => (view.id === SMALL ? { ...view, experimental: true } : view) }, [
      `dictation ${LARGE}`,
      `meeting ${LARGE}`,
    ]));
  it('are never models from the import folder', () =>
    check({ change: (view) => (view.id === LARGE ? { ...view, origin: 'import' } : view) }, [
      `dictation ${SMALL}`,
      `meeting ${SMALL}`,
    ]));
  it('stay after their installation', () => {
    const found = recommendFor({ installed: ['moonshine-tiny', SMALL, LARGE] });
    deepEqual(
      found.map(({ model, gains }) => [model.id, gains]),
      [
        [SMALL, []],
        [LARGE, []],
      ],
    );
  });

  it('say what they bring, from published errors', () => {
    const [first] = recommendFor({});
    deepEqual(
      first?.gains.map((gain) =>
        gain.kind === 'errors' ? [gain.purpose, gain.fewer, gain.errors, gain.insteadOf] : [],
      ),
      [
        ['dictation', 'half', 2.4, 4.6],
        ['meeting', 'third', 15.9, 22.8],
      ],
    );
  });
  it('compare with the model that is used without them', () => {
    const [, meeting] = recommendFor({ installed: ['moonshine-tiny', SMALL] });
    deepEqual(
      meeting?.gains.map((gain) =>
        gain.kind === 'errors' ? [gain.purpose, gain.fewer, gain.otherModel] : [],
      ),
      [['meeting', 'third', SMALL]],
    );
  });
  it('bring a language that no installed model recognises', () => {
    const [first] = recommendFor({ language: 'fr' });
    deepEqual(first?.gains[0], { kind: 'language', purpose: 'dictation', language: 'fr' });
  });
  it('have an expected speed from this machine, or a typical one', () => {
    const speed = (machine: Machine): unknown => recommendFor(machine)[0]?.speed;
    deepEqual(
      [speed({ rtf: 0.04 }), speed({})],
      [
        { rtf: 0.052, basis: 'measured' },
        { rtf: 0.039, basis: 'typical' },
      ],
    );
  });
  it('have published errors that a catalogue entry carries', () =>
    deepEqual(
      Object.keys(PUBLISHED_ERRORS).filter((id) => !CATALOGUE.some((entry) => entry.id === id)),
      [],
    ));
});

describe('models for dictation', () => {
  const order = (rtf: number, models: readonly string[]): readonly string[] =>
    orderFor(
      'dictation',
      models.map((model) => ({ provider: 'p', model, device: 'cpu' })),
      measured(rtf),
    ).map(({ model }) => model);
  it('put a quick model before a slow model that is slightly better', () =>
    deepEqual(order(0.03, [LARGE, SMALL, 'moonshine-tiny']), [SMALL, LARGE, 'moonshine-tiny']));
  it('keep a slow model before a quick model that is much worse', () =>
    deepEqual(order(0.03, [LARGE, 'moonshine-tiny']), [LARGE, 'moonshine-tiny']));
  it('keep the order of a fast machine', () =>
    deepEqual(order(0.01, [LARGE, SMALL]), [LARGE, SMALL]));
  it('keep every model', () => {
    const all = tierOf({ memoryGb: 16, unknown: [] }).targets;
    const ordered = orderFor('dictation', all, measured(0.2));
    equal(ordered.length, all.length);
    ok(all.every((target) => ordered.includes(target)));
  });
});
