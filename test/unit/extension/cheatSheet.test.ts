/** The cheat sheet lists every spoken command in a table that Markdown reads. */
import { deepEqual, ok } from 'node:assert/strict';
import { DICTATION_COMMANDS } from '../../../protocol/dictationCommands';
import { cheatSheet } from '../../../extension/dictation/cheatSheet';

describe('cheat sheet of dictation', () => {
  it('has a row of three cells for every command', () => {
    const rows = cheatSheet(DICTATION_COMMANDS)
      .split('\n')
      .filter((line) => /^\| (?!Say|---)/.test(line));
    deepEqual(
      rows.map((row) => row.split(/(?<!\\)\|/).length),
      DICTATION_COMMANDS.map(() => 5),
    );
    for (const { say } of DICTATION_COMMANDS)
      ok(
        rows.some((row) => row.includes(say[0] ?? '')),
        say[0],
      );
  });
  it('says no command twice', () => {
    const said = DICTATION_COMMANDS.flatMap(({ say }) => say);
    deepEqual(said.length, new Set(said).size);
  });
});
