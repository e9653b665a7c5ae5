/** `earmark dictate FILE…|--text TEXT --symbols FILE`: what a developer means by what was said. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { openAudioFile } from '../../adapters/capture/audioFile';
import { COMMAND_PHRASES } from '../../dictation/commands';
import { inScope, scopeOfLanguage } from '../../dictation/scope';
import { writeDictation } from '../../dictation/writer';
import type { DeviceChoice } from '../../asr/provider';
import { deviceOption } from '../deviceOption';
import { type Environment, withDaemon } from '../environment';
import { SilentFailure, UsageError } from '../failure';
import { transcribeFile } from '../fileSession';
import { readSymbols } from '../symbolsFile';

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
    .summary('write what was dictated as a developer means it')
    .description(
      'Writes dictation as a developer means it: symbols of a list in their spelling, spoken punctuation and commands carried out, numbers in digits.',
    )
    .argument('[FILE...]', 'recordings of dictation')
    .option('--text <TEXT>', 'text that was recognised already, instead of recordings')
    .option('--symbols <FILE>', 'names of the code, one a line, the nearest to the cursor first')
    .option(
      '--language-id <ID>',
      'language of the place it goes to, as VS Code calls it (typescript, scminput); a commit message is broken at 72 columns',
    )
    .option('--provider <P>', 'speech engine: moonshine, whisper, voxtral or openai')
    .option('--model <M>', 'its model, as "earmark models list" names it')
    .addOption(deviceOption())
    .option('--language <L>', 'language that is spoken, as BCP 47 (en, de)')
    .addOption(
      new Option('--format <F>', 'what to print').choices(['text', 'jsonl']).default('text'),
    )
    .action((files: string[], options: Options) => dictate(env(), files, options));
}

async function dictate(
  env: Environment,
  files: readonly string[],
  options: Options,
): Promise<void> {
  if ((options.text === undefined) === (files.length === 0))
    throw new UsageError('Name recordings or give --text, one of the two.');
  if ((options.text?.length ?? 0) > TEXT_MAX)
    throw new UsageError(`The text is longer than ${TEXT_MAX} characters; dictate it in parts.`);
  const speller = await readSymbols(options.symbols);
  const print = (file: string, phrases: readonly string[]): void => {
    const raw = phrases.join(' ');
    const text = inScope(
      writeDictation(phrases, speller).text,
      scopeOfLanguage(options.languageId ?? ''),
    );
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
        const audio = await openAudioFile(file, { signal: env.signal });
        const { segments } = await transcribeFile(connection, audio, {
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
        });
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
