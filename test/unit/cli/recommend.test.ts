// The text of `earmark models recommend`.
import { equal } from 'node:assert/strict';
import { recommendText } from '../../../daemon/cli/commands/modelsRecommend';
import { toRecommendation } from '../../../daemon/rpc/convert';
import { CATALOGUE, totalBytes } from '../../../daemon/models/catalogue';
import { recommend } from '../../../daemon/asr/choice/recommend';
import { tierOf } from '../../../daemon/asr/choice/tiers';

const text = (language: string, installed: readonly string[], freeBytes = 8e9): string =>
  recommendText(
    { bold: (words) => words },
    recommend({
      targets: tierOf({ memoryGb: 16, unknown: [] }).targets,
      freeBytes,
      language,
      models: CATALOGUE.map((entry) => ({
        ...entry,
        bytes: totalBytes(entry),
        origin: 'download',
        versions: [],
        status: installed.includes(entry.id)
          ? { state: 'installed', verified: true }
          : { state: 'absent' },
      })),
    }).map(toRecommendation),
    language,
  );

describe('text of earmark models recommend', () => {
  it('names size, languages, licence, benefit and expected speed of each model', () =>
    equal(
      text('en', ['moonshine-tiny', 'parakeet-tdt_ctc-110m']),
      `Dictation: parakeet-tdt_ctc-110m
  136 MB, en, CC-BY-4.0
  Installed.
  Expected speed: 26 times as fast as speech on one core (this machine is not measured; run "earmark doctor --calibrate").
Meetings: parakeet-tdt-0.6b-v2
  661 MB, en, CC-BY-4.0
  Brings about a third fewer errors in meetings than parakeet-tdt_ctc-110m (published: 11.2 instead of 15.9 % on AMI; Open ASR Leaderboard and model cards).
  Expected speed: 7.9 times as fast as speech on one core (this machine is not measured; run "earmark doctor --calibrate").
To install: earmark models pull parakeet-tdt-0.6b-v2
`,
    ));
  it('says that no model suits', () =>
    equal(
      text('en', [], 0).split(';')[0],
      'No model of the catalogue suits this machine and the language en',
    ));
});
