/**
 * `earmark models recommend`: a model for dictation and one for meetings that suit this machine,
 * and what they bring.
 */
import { type Command, Option } from 'commander';
import {
  ModelsRecommend,
  type ModelGain,
  type ModelRecommendation,
  type Purpose,
} from '../../../protocol/models';
import { withDaemon, type Environment } from '../environment';
import { type Style, megabytes } from '../output/output';
import { persist } from '../persist';

export function recommendCommand(models: Command, env: () => Environment): void {
  models
    .command('recommend')
    .summary('show the models that suit this machine')
    .description(
      'Recommends a model for dictation and one for meetings, with size, languages, licence and expected speed. Downloads nothing.',
    )
    .option('--language <L>', 'spoken language, such as en or de', 'en')
    .addOption(new Option('--json', 'print JSON'))
    .action(async ({ language, json }: { language: string; json?: true }) => {
      const { recommendations } = await withDaemon(env(), (c) =>
        persist(c, ModelsRecommend, { language }),
      );
      env().out.write(
        json
          ? `${JSON.stringify(recommendations, null, 2)}\n`
          : recommendText(env().out.style, recommendations, language),
      );
    });
}

const FOR: Readonly<Record<Purpose, string>> = { dictation: 'Dictation', meeting: 'Meetings' };

export function recommendText(
  style: Pick<Style, 'bold'>,
  recommendations: readonly ModelRecommendation[],
  language: string,
): string {
  if (recommendations.length === 0)
    return `No model of the catalogue suits this machine and the language ${language}; run "earmark models list" to see all models.\n`;
  const missing = new Set<string>();
  const parts = recommendations.map(({ purpose, model, speed, gains }) => {
    const installed = model.status.state === 'installed';
    if (!installed) missing.add(model.id);
    const gain = gains.find((one) => one.purpose === purpose);
    const lines = [
      [
        megabytes(model.bytes),
        model.languages.includes('*') ? 'any language' : model.languages.join(', '),
        model.licence,
      ].join(', '),
      installed ? 'Installed.' : gain ? `Brings ${gainText(gain)}.` : '',
      speed ? speedText(speed) : 'Its speed on the GPU is measured when it loads.',
      model.notice ?? '',
    ].filter((line) => line !== '');
    return `${FOR[purpose]}: ${style.bold(model.id)}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  });
  const next =
    missing.size > 0 ? `To install: earmark models pull ${[...missing].join(' ')}\n` : '';
  return parts.join('') + next;
}

function speedText({ rtf, basis }: NonNullable<ModelRecommendation['speed']>): string {
  const speed = 1 / rtf;
  return `Expected speed: ${speed.toFixed(speed < 10 ? 1 : 0)} times as fast as speech on one core (${
    basis === 'measured'
      ? 'from a measurement of this machine'
      : 'this machine is not measured; run "earmark doctor --calibrate"'
  }).`;
}

const FEWER = {
  fifth: 'about a fifth fewer errors',
  quarter: 'about a quarter fewer errors',
  third: 'about a third fewer errors',
  half: 'about half the errors',
  twoThirds: 'about a third of the errors',
} as const;

function gainText(gain: ModelGain): string {
  const where = { dictation: 'in dictation', meeting: 'in meetings' }[gain.purpose];
  return gain.kind === 'language'
    ? `the language ${gain.language}, which no installed model recognises`
    : `${FEWER[gain.fewer]} ${where} than ${gain.otherModel} (published: ${gain.errors} instead of ${gain.insteadOf} % on ${gain.test}; ${gain.source})`;
}
