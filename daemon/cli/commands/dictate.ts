/** `earmark dictate FILE…|--text TEXT --symbols FILE`: converts speech or text to code symbols. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { openAudioFile } from '../../adapters/capture/audioFile';
import { COMMAND_PHRASES } from '../../dictation/commands';
import { inScope, scopeOfLanguage } from '../../dictation/scope';
import { writeDictation } from '../../dictation/writer';
import type { DeviceChoice } from '../../asr/contract/provider';
import { deviceOption } from '../deviceOption';
import { type Environment, withDaemon } from '../environment';
import { SilentFailure, UsageError } from '../output/failure';
import type { AudioFile } from '../../audio/audioFile';
import { raiseQuiet } from '../../audio/levels/quietAudio';
import { transcribeFile } from '../fileSession';
import { readSymbols } from '../symbolsFile';
import { languageTag } from '../output/values';

interface Options {
  readonly text?: string;
  readonly symbols?: string;
  readonly format: 'text' | 'jsonl';
  readonly languageId?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly language?: string;
}

const TEXT_MAX = 100_000;

export function dictateCommand(program: Command, env: () => Environment): void {
  program
    .command('dictate')
    .summary('write dictation the way developers write')
    .description(
      'Writes dictation the way developers write: symbols in their spelling, ' +
        'punctuation, spoken commands carried out, numbers as digits.',
    )
    .argument('[FILE...]', 'recordings of dictation')
    .option('--text <TEXT>', 'text to write instead of recordings')
    .option(
      '--symbols <FILE>',
      'file of names from the code, one per line, nearest to the cursor first',
    )
    .option(
      '--language-id <ID>',
      'VS Code language ID of the target: code (typescript), a commit message wrapped at ' +
        '72 columns (scminput) or text (markdown)',
    )
    .option('--provider <P>', 'speech engine: moonshine, nemo, whisper, voxtral or openai')
    .option('--model <M>', 'model of the engine; "earmark models list" shows them')
    .addOption(deviceOption())
    .option('--language <L>', 'spoken language as BCP 47 tag (en, de)', languageTag)
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'jsonl']).default('text'),
    )
    .action((files: string[], options: Options) => dictate(env(), files, options));
}

async function dictate(
  env: Environment,
  files: readonly string[],
  options: Options,
): Promise<void> {
  if ((options.text === undefined) === (files.length === 0))
    throw new UsageError('Name recordings or give --text, but not both.');
  if ((options.text?.length ?? 0) > TEXT_MAX)
    throw new UsageError(`The text is longer than ${TEXT_MAX} characters; dictate it in parts.`);
  const speller = await readSymbols(options.symbols);
  const print = (file: string, phrases: readonly string[]): void => {
    const raw = phrases.join(' ');
    const scope = scopeOfLanguage(options.languageId ?? '');
    const code = scope.kind === 'code';
    const text = inScope(writeDictation(phrases, speller, !code, code).text, scope);
    env.out.write(
      options.format === 'jsonl' ? `${JSON.stringify({ file, raw, text })}\n` : `${text}\n`,
    );
  };
  if (options.text !== undefined) return print('-', [options.text]);
  let failures = 0;
  await withDaemon(env, async (connection) => {
    for (const file of files) {
      env.signal.throwIfAborted();
      try {
        const open = (): Promise<AudioFile> => openAudioFile(file, { signal: env.signal });
        const audio = await raiseQuiet(open, basename(file));
        const { segments, diagnostics } = await transcribeFile(connection, audio, {
          title: basename(file),
          insights: false,
          keep: false,
          realtime: false,
          phrases: [...(speller?.phrases ?? []), ...COMMAND_PHRASES],
          ...(options.language === undefined ? {} : { language: options.language }),
          ...(options.provider === undefined ? {} : { provider: options.provider }),
          ...(options.model === undefined ? {} : { model: options.model }),
          ...(options.device === undefined ? {} : { device: options.device }),
          signal: env.signal,
          onWarning: (sentence) => env.err.write(`earmark: ${basename(file)}: ${sentence}\n`),
        });
        for (const sentence of diagnostics) env.err.write(`earmark: ${sentence}\n`);
        print(
          file,
          segments.map((segment) => segment.text.trim()).filter((text) => text !== ''),
        );
      } catch (error) {
        if (
          !(error instanceof EarmarkError) ||
          error.code.startsWith('rpc.') ||
          error.code.startsWith('daemon.')
        )
          throw error;
        failures++;
        env.err.write(`earmark: ${error.message}\n`);
      }
    }
  });
  if (failures > 0) throw new SilentFailure();
}
