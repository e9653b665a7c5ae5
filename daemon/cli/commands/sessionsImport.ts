/** `earmark sessions import FILE...`: transcripts of other programs become meetings. */
import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { EarmarkError } from '../../../protocol/errors';
import { IMPORT_MAX, TranscriptImport } from '../../../protocol/transcript';
import { isoWithOffset } from '../../session/contract/record';
import { type Environment, withDaemon } from '../environment';
import { persist } from '../persist';
import { readTextFile } from '../readTextFile';

interface Options {
  readonly title?: string;
  readonly date?: string;
  readonly self?: string;
}

export function importCommand(sessions: Command, env: () => Environment): void {
  sessions
    .command('import')
    .summary('add transcripts of other programs')
    .description(
      'Adds transcripts with their speakers as past meetings. Forms: WebVTT, SRT, text of Zoom, ' +
        'Teams and Meet, "Speaker: text" lines, JSON. Prints the ids of the new sessions.',
    )
    .argument('<FILE...>', 'files of transcripts; - for standard input')
    .option('--title <T>', 'title; default: name of the file')
    .option('--date <DATE>', 'ISO date and time of the meeting; default: time of the file')
    .option('--self <NAME>', 'name of the speaker "You"')
    .action(async (files: string[], options: Options) => {
      const { out } = env();
      await withDaemon(env(), async (connection) => {
        for (const file of files) {
          const text = await readTextFile(file);
          if (text.length > IMPORT_MAX)
            throw new EarmarkError(
              'analysis.badInput',
              `${basename(file)} has more than ${IMPORT_MAX} characters; import it in parts.`,
            );
          const { sessionId } = await persist(connection, TranscriptImport, {
            text,
            title: (options.title ?? titleOf(file)).slice(0, 300),
            startedAt: options.date ?? timeOf(file),
            ...(options.self === undefined ? {} : { self: options.self }),
          });
          out.write(`${sessionId}\n`);
        }
      });
    });
}

const titleOf = (file: string): string =>
  file === '-' ? 'Imported meeting' : basename(file, extname(file)).replaceAll(/[\s_]+/g, ' ');

const timeOf = (file: string): string =>
  isoWithOffset(file === '-' ? Date.now() : statSync(file).mtimeMs);
