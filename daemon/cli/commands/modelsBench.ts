/**
 * `earmark models bench`: measures installed models on this machine, with a recording that comes
 * with Earmark.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { decodeAudioFile } from '../../adapters/capture/audioFile';
import { openSettings } from '../../adapters/config/settingsFile';
import { createModelManager } from '../../adapters/download/createModelManager';
import {
  measureModel,
  type ModelMeasurements,
} from '../../adapters/inference/runtime/measureModel';
import { runsInWorker } from '../../asr/registry';
import { toFloat32 } from '../../audio/pcm';
import { SAMPLE_RATE } from '../../audio/frame';
import { systemClock } from '../../base/clock';
import { silentLogger } from '../../base/logger';
import type { Environment } from '../environment';
import { megabytes, table } from '../output/output';
import { progressBar } from '../output/progress';
import { workerEntry } from '../workerEntry';

interface Options {
  readonly format: 'text' | 'json';
  readonly file?: string;
  readonly seconds: string;
}

export function benchCommand(models: Command, env: () => Environment): void {
  models
    .command('bench')
    .summary('measure installed speech models on this machine')
    .description(
      'Loads each model in a new process and decodes a recording on one thread. ' +
        'Prints load time, real-time factor (below 1 is faster than speech) and memory.',
    )
    .argument('[ID...]', 'speech models from "earmark models list"; default: all installed models')
    .option('--file <FILE>', 'recording to decode; default: the one included with Earmark')
    .option('--seconds <N>', 'seconds of the recording to decode', '60')
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .action((ids: string[], options: Options) => bench(env(), ids, options));
}

async function bench(env: Environment, ids: readonly string[], options: Options): Promise<void> {
  const seconds = Number(options.seconds);
  if (!(seconds >= 1 && seconds <= 600))
    throw new EarmarkError('rpc.invalidParams', 'Set --seconds to a number from 1 to 600.');
  const settings = openSettings({ home: env.home, env: process.env });
  const manager = createModelManager({
    home: env.home,
    settings: () => settings.current,
    clock: systemClock,
    logger: silentLogger,
  });
  const known = await manager.list();
  const wanted =
    ids.length > 0
      ? await Promise.all(ids.map((id) => manager.get(id)))
      : known.filter((m) => m.status.state === 'installed' && runsInWorker(m.provider));
  if (wanted.length === 0)
    throw new EarmarkError(
      'model.missing',
      'No speech model is installed; run "earmark models pull" first.',
    );
  // A bench of a server would measure the network.
  const other = wanted.find((m) => !runsInWorker(m.provider));
  if (other)
    throw new EarmarkError(
      'engine.unavailable',
      `Earmark's own workers do not run ${other.id}, so it is not measured; choose ` +
        `one of ${known
          .filter((m) => runsInWorker(m.provider))
          .map((m) => m.id)
          .join(', ')}.`,
    );
  const pcm = toFloat32(await recording(options.file, seconds, env.signal));
  const rows: ({ model: string; version: string } & ModelMeasurements & { rtf: number })[] = [];
  for (const { id, provider, version } of wanted) {
    const files = await manager.files(id);
    const bar = progressBar(env.err, `Measuring ${id}`, 1);
    try {
      const metrics = await measureModel({
        worker: workerEntry(),
        provider,
        model: files,
        language: 'en',
        pcm,
        clock: systemClock,
        signal: env.signal,
        onPiece: (part) => bar.set(0, part),
      });
      rows.push({ model: id, version, ...metrics, rtf: metrics.decodeMs / metrics.audioMs });
    } finally {
      bar.stop();
    }
  }
  if (options.format === 'json') return env.out.write(`${JSON.stringify(rows, null, 2)}\n`);
  const { style } = env.out;
  env.out.write(
    table(
      [
        ['model', 'load', 'real-time factor', 'memory'],
        ...rows.map((r) => [
          r.model,
          `${(r.loadMs / 1000).toFixed(2)} s`,
          r.rtf.toFixed(3),
          r.rssBytes === undefined ? '?' : megabytes(r.rssBytes),
        ]),
      ],
      [style.bold],
    ),
  );
}

async function recording(
  file: string | undefined,
  seconds: number,
  signal: AbortSignal,
): Promise<Int16Array> {
  const { tracks } = await decodeAudioFile(file ?? bundledRecording(__dirname), { signal });
  const pcm = tracks[0]?.pcm ?? new Int16Array(0);
  if (pcm.length < SAMPLE_RATE)
    throw new EarmarkError(
      'audio.empty',
      'The recording is shorter than a second; choose a longer one.',
    );
  return pcm.subarray(0, Math.round(seconds * SAMPLE_RATE));
}

/** `demo/` is beside `dist/`, or at the top of the sources. */
function bundledRecording(from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const found = join(at, 'demo', 'standup.flac');
    if (existsSync(found)) return found;
    if (dirname(at) === at)
      throw new EarmarkError(
        'audio.unreadable',
        'The recording included with Earmark is missing; name another one with --file.',
      );
  }
}
