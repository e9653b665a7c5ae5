// The registry: every recogniser of the catalogue has an entry, and ranks name models that exist.
import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  RECOGNISERS,
  rankedModels,
  recognisersOf,
  runsInWorker,
  segmenterPresetOf,
  workOf,
} from '../../../daemon/asr/registry';
import { TIERS } from '../../../daemon/asr/contract/machineChoice';
import { CATALOGUE } from '../../../daemon/models/catalogue';
import { defaultPreset, nemoPreset } from '../../../daemon/vad/segmenter';

describe('recogniser registry', () => {
  const speech = CATALOGUE.filter(({ kind }) => kind === 'asr');

  it('has each recogniser once', () => {
    const ids = RECOGNISERS.map(({ info }) => info.id);
    deepEqual([...new Set(ids)], ids);
  });

  it('has an entry for each speech model of the catalogue', () =>
    deepEqual(
      speech.filter(({ provider }) => !RECOGNISERS.some(({ info }) => info.id === provider)),
      [],
    ));

  it('ranks models of the catalogue, each place once', () => {
    for (const { info, models } of RECOGNISERS)
      for (const { model, ranks } of models) {
        ok(
          speech.some(({ id, provider }) => id === model && provider === info.id),
          model,
        );
        equal(ranks.length, TIERS.length, model);
      }
    for (const [column, tier] of TIERS.entries()) {
      const ranks = RECOGNISERS.flatMap(({ models }) =>
        models.flatMap((one) => one.ranks[column] ?? []),
      );
      deepEqual([...new Set(ranks)].length, ranks.length, tier);
    }
  });

  it('knows the work of each model that runs in a worker', () =>
    deepEqual(
      speech.filter(({ id, provider }) => runsInWorker(provider) && workOf(id) === undefined),
      [],
    ));

  it('puts NeMo first on ordinary computers, where its models fit into memory', () =>
    deepEqual(
      TIERS.map((tier) => rankedModels(tier)[0]?.model),
      [
        'moonshine-tiny',
        'parakeet-tdt_ctc-110m',
        'parakeet-tdt-0.6b-v2',
        'parakeet-tdt-0.6b-v2',
        'parakeet-tdt-0.6b-v2',
        'parakeet-tdt-0.6b-v2',
      ],
    ));

  it('names the recognisers that a setting concerns', () =>
    deepEqual(
      [recognisersOf((name) => name === 'openai.key'), recognisersOf(() => false)],
      [['openai'], []],
    ));

  it('has a preset for a recogniser and the defaults for an unknown one', () =>
    deepEqual([segmenterPresetOf('nemo'), segmenterPresetOf('none')], [nemoPreset, defaultPreset]));
});
