/** The table "Which model" of the README: measured errors are those of the bench, others are named. */
import { deepEqual, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { tableRows } from '../../../testing/harness/markdownTable';

const root = path.resolve(__dirname, '../../..');
/** Row of the README → name in the bench. */
const MEASURED: Readonly<Record<string, string>> = {
  'Moonshine tiny (built in)': 'Moonshine tiny, 8-bit',
  'Whisper base, 8-bit': 'Whisper base, 8-bit',
};

describe('the table "Which model" of the README', () => {
  const section = /^## Which model\n([\s\S]*?)^## /m.exec(
    readFileSync(path.join(root, 'README.md'), 'utf8'),
  )?.[1];
  const rows = tableRows(section ?? '').slice(1);

  it('has the word errors of bench/results/wer.json', () => {
    const { metrics } = JSON.parse(
      readFileSync(path.join(root, 'bench/results/wer.json'), 'utf8'),
    ) as { metrics: Record<string, { value: number }> };
    const measured = rows.filter((row) => row.at(-1) === 'measured');
    deepEqual(
      measured.map(([model]) => model),
      Object.keys(MEASURED),
    );
    for (const [model = '', , , libri, meetings] of measured) {
      const wer = (set: string): string =>
        metrics[`${MEASURED[model]}, recording, ${set}: WER`]?.value.toFixed(1) ?? 'none';
      deepEqual(
        [libri, meetings],
        [`${wer('LibriSpeech clean')} / ${wer('LibriSpeech other')}`, wer('meetings')],
        model,
      );
    }
  });

  it('says where each other number comes from', () => {
    const others = rows.filter((row) => row.at(-1) !== 'measured');
    ok(others.length > 3, `${others.length} rows`);
    deepEqual(
      others.filter((row) => row.at(-1) !== 'published'),
      [],
    );
    match(section ?? '', /Published errors are from .*leaderboard/);
  });
});
