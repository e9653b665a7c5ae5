/** `earmark analyze FILE|-`: insights of a transcript given as text. */
import { type Command, Option } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { openSettings } from '../../adapters/config/settingsFile';
import { createModelManager } from '../../adapters/download/createModelManager';
import { createTurnScorer } from '../../adapters/inference/runtime/createTurnScorer';
import { silentLogger } from '../../base/logger';
import { createAnalyzerFactory } from '../../insights/analyzerFactory';
import { AnalysisInputError, parseAnalysisInput } from '../../insights/text/plainText';
import { renderInsightsJson, renderInsightsMarkdown } from '../../insights/text/render';
import { systemClock } from '../../base/clock';
import { isoWithOffset } from '../../session/contract/record';
import type { Analyzer } from '../../insights/types';
import { readTemplate } from '../readTemplate';
import { readTextFile } from '../readTextFile';
import type { Environment } from '../environment';
import { languageModel } from '../languageModel';
import type { Terminal } from '../output/output';
import { workerEntry } from '../workerEntry';

interface AnalyzeOptions {
  readonly format: 'json' | 'md';
  readonly self?: string;
  readonly languageModel?: string;
  readonly template?: string;
}

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
    .option(
      '--language-model <ID>',
      'model that writes the notes: local:ID, server (of the settings), or none',
    )
    .option(
      '--template <NAME>',
      'sections of the notes: a built-in template or .earmark/templates/NAME.md',
    )
    .action(async (file: string, options: AnalyzeOptions) => {
      const template =
        options.template === undefined ? undefined : await readTemplate(options.template);
      const segments = parse(await readTextFile(file));
      const { out, err, signal, home } = env();
      const settings = openSettings({ home, env: process.env });
      const models = createModelManager({
        home,
        settings: () => settings.current,
        clock: systemClock,
        logger: silentLogger,
      });
      const { queue, dispose } = await languageModel(options.languageModel, {
        home,
        models,
        settings: settings.current,
      });
      const scorer = createTurnScorer({
        worker: workerEntry(),
        files: (id) => models.files(id),
        clock: systemClock,
        logger: silentLogger,
      });
      const analyzer = createAnalyzerFactory({ model: () => queue, scorer }).create({
        startedAt: isoWithOffset(Date.now()),
        ...(options.self === undefined ? {} : { self: options.self }),
        ...(template && { template }),
      });
      analyzer.update(segments);
      analyzer.finish();
      await detect(analyzer, signal, err);
      scorer.dispose();
      const failure = await readByModel(analyzer, signal, err).finally(dispose);
      if (signal.aborted) throw new EarmarkError('rpc.cancelled', 'The analysis was cancelled.');
      if (failure !== undefined) err.write(`Warning: ${failure}\n`);
      out.write(
        options.format === 'json'
          ? renderInsightsJson(analyzer.insights)
          : renderInsightsMarkdown(analyzer.insights, template),
      );
    });
}

/** @returns a sentence for the user if a part got no answer */
async function readByModel(
  analyzer: Analyzer,
  signal: AbortSignal,
  err: Terminal,
): Promise<string | undefined> {
  const outcome = await analyzer.model?.read(true, signal, ({ step, done, of }) => {
    if (!err.isTTY) return;
    const doing = { exam: 'takes the exam', reading: 'reads', summary: 'writes the summary' }[step];
    err.write(`The language model ${doing} (${done + 1} of ${of}).\n`);
  });
  return outcome?.failure;
}

/** The rules work alone if the encoder does not load. */
async function detect(analyzer: Analyzer, signal: AbortSignal, err: Terminal): Promise<void> {
  try {
    await analyzer.detector?.read(true, signal);
  } catch (error) {
    const reason = error instanceof EarmarkError ? error.message : 'It failed.';
    err.write(`Warning: the turn encoder is missing, so rules alone find the items. ${reason}\n`);
  }
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
