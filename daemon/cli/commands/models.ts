/**
 * `earmark models list|recommend|pull|add|verify|update|rollback|remove|bench`: the catalogue and
 * its installed models.
 */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Connection } from '../../../client';
import {
  ModelsAdd,
  ModelsList,
  ModelsProgress,
  ModelsPull,
  ModelsRemove,
  ModelsRollback,
  ModelsUpdate,
  ModelsVerify,
  type ModelInfo,
} from '../../../protocol/models';
import { withDaemon, type Environment } from '../environment';
import { megabytes, table } from '../output/output';
import { persist } from '../persist';
import { progressBar } from '../output/progress';
import { benchCommand } from './modelsBench';
import { recommendCommand } from './modelsRecommend';

/** A slow network may take an hour for a large model. */
const PULL_TIMEOUT_MS = 3_600_000;
const VERIFY_TIMEOUT_MS = 300_000;

export function modelsCommand(program: Command, env: () => Environment): void {
  const models = program
    .command('models')
    .summary('manage speech models')
    .description('Lists, downloads, checks and removes models.');
  models
    .command('list')
    .summary('list available and installed models')
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .action(async (options: { format: 'text' | 'json' }) => {
      const { models: found } = await withDaemon(env(), (c) => persist(c, ModelsList, {}));
      env().out.write(
        options.format === 'json' ? `${JSON.stringify(found, null, 2)}\n` : listText(env(), found),
      );
    });
  models
    .command('pull')
    .summary('download models')
    .description('Downloads models and checks every file. Without a name: the default models.')
    .argument('[ID...]', 'models from "earmark models list"')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        const wanted =
          ids.length > 0
            ? ids
            : (await persist(c, ModelsList, {})).models.filter((m) => m.isDefault).map((m) => m.id);
        await warn(env(), c, ids);
        for (const id of wanted) await fetch(env(), c, ModelsPull, id);
      });
    });
  models
    .command('add')
    .summary('register a model of your own')
    .description(
      'Copies a model of your own into the model folder. The folder has the files of the recogniser under their public names. A file model.json describes it: {"id": "my-model", "recogniser": "nemo", "languages": ["en"]}. Recognisers: nemo, moonshine, whisper; a language model for notes (GGUF): llama.',
    )
    .argument('<FOLDER>', 'folder with the files and model.json')
    .action(async (folder: string) => {
      const { model } = await withDaemon(env(), (c) =>
        persist(
          c,
          ModelsAdd,
          { folder: resolve(folder) },
          { timeoutMs: PULL_TIMEOUT_MS, signal: env().signal },
        ),
      );
      env().out.write(
        `${model.id}: added (${megabytes(model.bytes)}, yours); use it with ${usageOf(model)}\n`,
      );
    });
  models
    .command('verify')
    .summary('check installed models against their checksums')
    .argument('[ID...]', 'models to check; default: all installed models')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        const wanted =
          ids.length > 0
            ? ids
            : (await persist(c, ModelsList, {})).models
                .filter((m) => m.status.state !== 'absent')
                .map((m) => m.id);
        for (const modelId of wanted) {
          await persist(c, ModelsVerify, { modelId }, { timeoutMs: VERIFY_TIMEOUT_MS });
          env().out.write(`${modelId}: all files are intact\n`);
        }
        if (wanted.length === 0) env().out.write('No models are installed.\n');
      });
    });
  models
    .command('remove')
    .summary('delete the files of models')
    .argument('<ID...>', 'models')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        for (const modelId of ids) await persist(c, ModelsRemove, { modelId });
      });
    });
  models
    .command('update')
    .summary('download newer versions and keep the old ones')
    .argument('[ID...]', 'models to update; default: all with a newer version')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        const wanted =
          ids.length > 0
            ? ids
            : (await persist(c, ModelsList, {})).models
                .filter((m) => m.update !== undefined)
                .map((m) => m.id);
        for (const id of wanted) await fetch(env(), c, ModelsUpdate, id);
        if (wanted.length === 0) env().out.write('Every installed model is up to date.\n');
      });
    });
  models
    .command('rollback')
    .summary('return to the previous version')
    .argument('<ID...>', 'models')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        for (const modelId of ids) {
          const { model } = await persist(
            c,
            ModelsRollback,
            { modelId },
            { timeoutMs: VERIFY_TIMEOUT_MS },
          );
          env().out.write(`${model.id}: now using version ${model.version}\n`);
        }
      });
    });
  benchCommand(models, env);
  recommendCommand(models, env);
}

/** Prints the licence, size and notes of models before their download by name. */
async function warn(
  env: Environment,
  connection: Connection,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const { models } = await persist(connection, ModelsList, {});
  for (const { id, licence, notice, status } of models)
    if (
      ids.includes(id) &&
      status.state === 'absent' &&
      (notice !== undefined || licence.startsWith('NVIDIA'))
    )
      env.err.write(`${id}: licence ${licence}.${notice === undefined ? '' : ` ${notice}`}\n`);
}

async function fetch(
  env: Environment,
  connection: Connection,
  method: typeof ModelsPull | typeof ModelsUpdate,
  modelId: string,
): Promise<void> {
  const bar = progressBar(env.err, `Fetching ${modelId}`, 1);
  const listening = connection.onNotification(ModelsProgress, (p) => {
    if (p.modelId === modelId && p.totalBytes > 0)
      bar.set(
        0,
        p.receivedBytes / p.totalBytes,
        `${megabytes(p.receivedBytes)} of ${megabytes(p.totalBytes)}`,
      );
  });
  try {
    const { model } = await persist(
      connection,
      method,
      { modelId },
      { timeoutMs: PULL_TIMEOUT_MS, signal: env.signal },
    );
    bar.stop();
    env.out.write(
      `${model.id}: ${method === ModelsUpdate ? `version ${model.version} ` : ''}installed ` +
        `(${megabytes(model.bytes)}, ${model.licence})\n`,
    );
  } finally {
    bar.stop();
    listening.dispose();
  }
}

/** Options that choose a model of the user's own. */
function usageOf({ kind, provider, id }: ModelInfo): string {
  return kind === 'language'
    ? `earmark analyze --language-model local:${id}`
    : `--provider ${provider} --model ${id}`;
}

function listText(env: Environment, models: readonly ModelInfo[]): string {
  const { style } = env.out;
  const state = ({ status, origin, version, update }: ModelInfo) => {
    if (status.state === 'downloading')
      return `downloading ${Math.floor((100 * status.receivedBytes) / Math.max(1, status.totalBytes))}%`;
    if (status.state === 'broken') return `broken: ${status.reason}`;
    if (status.state === 'absent')
      return origin === 'import' ? 'not installed, from the import folder alone' : 'not installed';
    const place =
      origin === 'bundled' ? 'comes with Earmark' : origin === 'own' ? 'yours' : 'installed';
    return `${place}${update === undefined ? '' : `, version ${version}; ${update} is there`}`;
  };
  const languages = (m: ModelInfo) =>
    m.languages.includes('*') ? 'any language' : m.languages.join(', ');
  return table(
    models.map((m) => [
      m.id,
      m.kind,
      languages(m),
      megabytes(m.bytes),
      m.licence,
      `${state(m)}${m.isDefault ? ' (default)' : ''}`,
    ]),
    [style.bold, style.dim, style.dim, style.dim, style.dim],
  );
}
