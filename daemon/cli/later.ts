/** Commands whose names are settled and whose work is still to come: they say so, exit with 2 and are in no help. */
import type { Command } from 'commander';
import { UsageError } from './failure';

function later(what: string): UsageError {
  return new UsageError(`"earmark ${what}" is not in this version of Earmark; update Earmark when a newer one is out.`);
}

/** Adds a hidden command that only says that it is not there yet. */
export function laterCommand(parent: Command, name: string, path: string): void {
  parent
    .command(name, { hidden: true })
    .argument('[anything...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(() => {
      throw later(path);
    });
}
