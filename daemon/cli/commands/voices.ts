/**
 * `earmark voices list|forget`: manages stored voiceprints, which name speakers in later sessions.
 */
import { type Command, Option } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { VoicesForget, VoicesList } from '../../../protocol/voices';
import { withDaemon, type Environment } from '../environment';
import { table } from '../output/output';

export function voicesCommand(program: Command, env: () => Environment): void {
  const voices = program
    .command('voices')
    .summary('manage stored voices')
    .description(
      'Lists and forgets the stored voices that identify people in later meetings. ' +
        'Earmark stores a voice only if the person agrees in the panel.',
    );
  voices
    .command('list')
    .summary('list the people with a stored voice')
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .action((options: { format: 'text' | 'json' }) => list(env(), options.format));
  voices
    .command('forget')
    .summary('erase voices; names in transcripts stay')
    .argument('[NAME...]', 'names from "earmark voices list"')
    .option('--all', 'everybody')
    .action((names: string[], options: { all?: boolean }, command: Command) => {
      if ((options.all === true) === names.length > 0)
        command.error('Name the people to forget, or give --all.', { exitCode: 2 });
      return forget(env(), names.length > 0 ? names : [undefined]);
    });
}

async function list(env: Environment, format: 'text' | 'json'): Promise<void> {
  const { voices } = await withDaemon(env, (connection) => connection.request(VoicesList, {}));
  if (format === 'json') return void env.out.write(`${JSON.stringify(voices, undefined, 2)}\n`);
  env.out.write(
    voices.length === 0
      ? 'No voices are stored.\n'
      : table(
          voices.map(({ name, keptAt, sessions, enrolAgain }) => [
            name,
            sessions === 1 ? '1 session' : `${sessions} sessions`,
            `stored ${keptAt.slice(0, 10)}${enrolAgain ? ', enrol again: name this person in a meeting' : ''}`,
          ]),
          [undefined, undefined, env.out.style.dim],
        ),
  );
}

async function forget(env: Environment, names: readonly (string | undefined)[]): Promise<void> {
  await withDaemon(env, async (connection) => {
    for (const name of names) {
      const { forgotten } = await connection.request(
        VoicesForget,
        name === undefined ? {} : { name },
      );
      if (name !== undefined && forgotten === 0)
        throw new EarmarkError(
          'speaker.notFound',
          `There is no stored voice of "${name}"; "earmark voices list" shows the voices.`,
        );
      env.out.write(
        name !== undefined
          ? `Forgot the voice of ${name}.\n`
          : forgotten === 1
            ? 'Forgot one voice.\n'
            : `Forgot ${forgotten} voices.\n`,
      );
    }
  });
}
