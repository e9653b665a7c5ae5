/**
 * The arithmetic of docs/capacity.md from the figures it names, and those from bench/RESULTS.md and
 * the calibration.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expectedRtf } from '../../../daemon/models/calibration';

const root = resolve(__dirname, '../../..');
const page = readFileSync(resolve(root, 'docs/capacity.md'), 'utf8');
const results = readFileSync(resolve(root, 'bench/RESULTS.md'), 'utf8');

const [SPEECH, LOAD] = [0.35, 0.55];
/**
 * Seconds of decoding for a second of speech; milliseconds a second and session; megabytes a slot.
 */
const [RTF, SERVER_MS, DETECTOR_MS, SLOT_MB] = [0.038, 6.8, 4.3, 250];

/** Cells of the rows whose first one matches. */
const rows = (first: RegExp): string[][] =>
  page
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => first.test(cells[0] ?? ''));

describe('the page about capacity', () => {
  it('rests on figures that were measured', () => {
    for (const row of [
      '| processor time a second and session: daemon / detector / decodes |',
      '| Moonshine worker after ten phrases of 18 s |',
      '| 500 silent clients ',
    ])
      ok(results.includes(row), row);
    const live = [
      ...results.matchAll(
        /^\| (Earmark live(?: without speculation)?) +\| +(?:clean|other) \|.*$/gm,
      ),
    ].map(([line, method]) => [method, Number(line.split('|')[6])] as const);
    const most = (method: string): number =>
      Math.max(...live.filter(([name]) => name === method).map(([, seconds]) => seconds));
    // Days differ by half; the page plans with the slowest, and must promise no more than was
    // measured.
    for (const [method, seconds] of [
      ['Earmark live without speculation', RTF],
      ['Earmark live', 0.049],
    ] as const)
      ok(most(method) > 0 && most(method) <= 1.1 * seconds, `${method}: ${most(method)}`);
  });

  it('says of each model how many people a slot serves', () => {
    const models = rows(/^(moonshine|whisper)-/);
    deepEqual(
      models,
      models.map(([model = '']) => {
        const rtf = expectedRtf({ model: 'moonshine-tiny', rtf: RTF }, model) ?? 0;
        return [model, rtf.toFixed(3), String(Math.floor(LOAD / (SPEECH * rtf)))];
      }),
    );
    ok(models.length >= 5);
  });

  it('goes on to 10,000 people', () => {
    const sizes = rows(/^\d[\d,]*$/);
    deepEqual(
      sizes,
      [100, 1_000, 10_000].map((people) => {
        const slots = Math.ceil(people / Math.floor(LOAD / (SPEECH * RTF)));
        return [
          people.toLocaleString('en'),
          String(slots),
          `${((slots * SLOT_MB) / 1000).toFixed(1)} GB`,
          String(Math.max(2, Math.ceil((people * SERVER_MS) / 1000 / LOAD))),
          String(Math.ceil((people * (SERVER_MS + DETECTOR_MS)) / 1000 / LOAD)),
          `${Math.round(people * SPEECH * 0.032)} MB/s`,
        ];
      }),
    );
  });
});
