/**
 * The arithmetic of docs/capacity.md from its measured values, and these against the recorded bench
 * results and the calibration.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { recordedReport } from '../../../bench/recorded';
import type { Row } from '../../../bench/report';
import { expectedRtf } from '../../../daemon/asr/choice/calibration';

const root = resolve(__dirname, '../../..');
const page = readFileSync(resolve(root, 'docs/capacity.md'), 'utf8');

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

function metric(bench: string, name: string): number {
  return recordedReport(bench)?.metrics[name]?.value ?? NaN;
}

/** Numbers of this column in the rows of a bench. */
function column(bench: string, name: string, of: (row: Row) => boolean): number[] {
  return (recordedReport(bench)?.rows ?? []).filter(of).map((row) => Number(row[name]));
}

const isMoonshine = (row: Row): boolean => row['what'] === 'Moonshine tiny';

describe('the page about capacity', () => {
  it('plans with values that the recorded results do not exceed', () => {
    const decodes = (method: string): number[] =>
      column('streaming', 'decode s per s of speech', (row) => row['method'] === method);
    // Days differ by half; the page plans with the slowest. A recorded value may be a tenth higher.
    for (const [what, planned, recorded] of [
      ['decoding, finals alone', RTF, decodes('Earmark live without speculation')],
      ['decoding with speculation', 0.049, decodes('Earmark live')],
      ['server', SERVER_MS, [metric('capacity', 'daemon')]],
      ['speech detector', DETECTOR_MS, [metric('capacity', 'speech detector')]],
      ['memory of a worker', SLOT_MB, column('engine', 'a second worker adds (MB)', isMoonshine)],
      ['silent clients', 0.0009, [metric('frames', 'share of a core for 500 silent clients')]],
    ] as const) {
      const most = Math.max(...recorded);
      ok(most > 0 && most <= 1.1 * planned, `${what}: ${most} recorded, ${planned} planned`);
    }
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
