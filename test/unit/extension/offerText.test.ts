// The words of the offer of a model on the start page.
import { deepEqual } from 'node:assert/strict';
import { offerOf } from '../../../extension/panel/offerText';
import type { ModelGain, ModelRecommendation } from '../../../protocol/models';

const gain = (purpose: ModelGain['purpose'], fewer: 'half' | 'third'): ModelGain => ({
  kind: 'errors',
  purpose,
  fewer,
  errors: 1,
  insteadOf: 2,
  otherModel: 'moonshine-tiny',
  test: 'AMI',
  source: 'a page',
});
const recommendation = (gains: ModelGain[], languages: string[]): ModelRecommendation => ({
  purpose: 'dictation',
  device: 'cpu',
  speed: { rtf: 0.039, basis: 'typical' },
  gains,
  model: {
    id: 'parakeet',
    name: 'Parakeet, 8-bit',
    kind: 'asr',
    provider: 'nemo',
    languages,
    bytes: 136_000_000,
    licence: 'CC-BY-4.0',
    isDefault: false,
    origin: 'download',
    version: '1',
    versions: [],
    status: { state: 'absent' },
  },
});

describe('text of an offered model', () => {
  it('names benefits, their source, language, licence and expected speed', () =>
    deepEqual(
      offerOf(recommendation([gain('dictation', 'half'), gain('meeting', 'third')], ['en']), 'en'),
      {
        modelId: 'parakeet',
        name: 'Parakeet',
        benefits: ['About half the errors in dictation', 'About a third fewer errors in meetings'],
        basis: 'Published results, compared with Moonshine tiny.',
        bytes: 136_000_000,
        facts: ['English', 'Licence CC-BY-4.0', 'Expected: 26× faster than real time'],
      },
    ));
  it('names a new language once, and counts many languages', () => {
    const gains = (['dictation', 'meeting'] as const).map((purpose) => ({
      kind: 'language' as const,
      purpose,
      language: 'de',
    }));
    const { benefits, facts } = offerOf(recommendation(gains, ['de', 'en', 'fr', 'it']), 'en');
    deepEqual(
      [benefits, facts[0]],
      [['Recognises German; no installed model does'], '4 languages'],
    );
  });
});
