/** The spoken commands of dictation as a Markdown page. */
import type { DictationCommand } from '../../protocol/dictationCommands';
import { t } from '../l10n';

/** One table for each group: the command, and an example with its result. */
export function cheatSheet(commands: readonly DictationCommand[]): string {
  const titles: Readonly<Record<DictationCommand['group'], string>> = {
    Punctuation: t('Punctuation'),
    'Brackets and quotes': t('Brackets and quotes'),
    Lines: t('Lines'),
    Names: t('Names'),
    Code: t('Code'),
    Editing: t('Editing'),
  };
  const groups = [...new Set(commands.map(({ group }) => group))];
  const tables = groups.map((group) => {
    const rows = commands
      .filter((command) => command.group === group)
      .map(
        ({ say, example: [said, written] }) =>
          `| ${say.slice(0, 2).map(spoken).join(t(' or '))} | ${spoken(said)} | ${code(written)} |`,
      );
    const head = `| ${t('Say')} | ${t('Example')} | ${t('Writes')} |\n| --- | --- | --- |`;
    return `## ${titles[group]}\n\n${head}\n${rows.join('\n')}\n`;
  });
  const lead = t(
    'Earmark carries a command out where the sentence allows it. Pause before and after it to be sure, or say "literal" before it to write the words.',
  );
  return `# ${t('Dictation commands')}\n\n${lead}\n\n${tables.join('\n')}`;
}

const spoken = (text: string): string => text.replaceAll('|', '\\|');

/** As code. A line break and a tab appear by name, because a cell is one line. */
function code(text: string): string {
  const shown = text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll('|', '\\|');
  const fence = shown.includes('`') ? '``' : '`';
  const room = fence === '``' ? ' ' : '';
  return `${fence}${room}${shown}${room}${fence}`;
}
