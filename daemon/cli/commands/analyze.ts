/** `earmark analyze FILE|-`: insights of a transcript given as text. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { openSettings } from '../../adapters/config/settingsFile';
import { configuredModel } from '../../adapters/llm/configuredModel';
import { createAnalyzerFactory } from '../../insights/analyzerFactory';
import { decodeText } from '../../insights/textBytes';
import { AnalysisInputError, parseAnalysisInput } from '../../insights/plainText';
import { renderInsightsJson, renderInsightsMarkdown } from '../../insights/render';
import { systemClock } from '../../base/clock';
import { isoWithOffset } from '../../session/record';
import type { Environment } from '../environment';
import { megabytes } from '../output';

/** A transcript of a day of speech has about a megabyte. */
const INPUT_MAX_BYTES = 64_000_000;

export function analyzeCommand(program: Command, env: () => Environment): void {
  program
    .command('analyze')
    .summary('find actions, decisions, risks and questions in a transcript')
    .description(
      'Finds actions, decisions, risks, questions, entities and a summary in a ' +
        'transcript. Input: JSON {"segments": [{id, start, end, source, speaker, ' +
        'text}]}, JSON lines, subtitles (SRT, VTT) or plain "Speaker: text" lines.',
    )
    .argument('<FILE>', 'file of the transcript; - for standard input')
    .addOption(new Option('--format <F>', 'output format').choices(['json', 'md']).default('json'))
    .option('--self <NAME>', 'name of the speaker "You"')
    .action(async (file: string, options: { format: 'json' | 'md'; self?: string }) => {
      const segments = parse(await read(file));
      const { out, err, signal, home } = env();
      const model = configuredModel(openSettings({ home, env: process.env }).current, systemClock);
      const analyzer = createAnalyzerFactory({ model: () => model }).create({
        startedAt: isoWithOffset(Date.now()),
        ...(options.self === undefined ? {} : { self: options.self }),
      });
      analyzer.update(segments);
      analyzer.finish();
      const failure = (await analyzer.model?.read(true, signal))?.failure;
      if (signal.aborted) throw new EarmarkError('rpc.cancelled', 'The analysis was cancelled.');
      if (failure !== undefined) err.write(`Warning: ${failure}\n`);
      out.write(
        options.format === 'json'
          ? renderInsightsJson(analyzer.insights)
          : renderInsightsMarkdown(analyzer.insights),
      );
    });
}

function parse(text: string) {
  try {
    return parseAnalysisInput(text);
  } catch (error) {
    if (error instanceof AnalysisInputError)
      throw new EarmarkError('analysis.badInput', error.message);
    throw error;
  }
}

async function read(file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : basename(file);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > INPUT_MAX_BYTES)
        throw new EarmarkError(
          'analysis.badInput',
          `${name} is larger than ${megabytes(INPUT_MAX_BYTES)}; analyse it in parts.`,
        );
    }
  } catch (error) {
    if (error instanceof EarmarkError) throw error;
    throw new EarmarkError(
      'analysis.badInput',
      `Could not read ${name}; check its name and permissions.`,
      { cause: error },
    );
  }
  const text = decodeText(Buffer.concat(chunks));
  if (text === undefined)
    throw new EarmarkError(
      'analysis.badInput',
      `${name} is not text; give a transcript as text, subtitles (SRT, VTT) or JSON.`,
    );
  return text;
}
