/** The `earmark` command: every subcommand in its own file, one way to end. */
import { Command } from 'commander';
import { stateFolder } from '../../client';
import type { DaemonCommand } from '../../client';
import { version } from '../../package.json';
import { analyzeCommand } from './commands/analyze';
import { daemonCommandGroup } from './commands/daemon';
import { dictateCommand } from './commands/dictate';
import { doctorCommand } from './commands/doctor';
import { modelsCommand } from './commands/models';
import { recordCommand } from './commands/record';
import { sessionsCommand } from './commands/sessions';
import { transcribeCommand } from './commands/transcribe';
import { daemonCommand, type Environment } from './environment';
import { endingOf, usageSentence } from './failure';
import { laterCommand } from './later';
import { terminal, type Terminal } from './output';

export interface RunOptions {
  /** How to start the daemon; tests give one with a scripted engine. */
  readonly daemon?: DaemonCommand;
  readonly out?: Terminal;
  readonly err?: Terminal;
}

/** Runs one command. @returns the exit code */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<number> {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(1);
    abort.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const [out, err] = [options.out ?? terminal(process.stdout), options.err ?? terminal(process.stderr)];
  const env: Environment = { out, err, home: stateFolder(), version, daemon: options.daemon ?? daemonCommand(), signal: abort.signal };
  let code = 0;
  try {
    await program(env).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const ending = endingOf(error);
    code = ending.code;
    if (ending.sentence !== undefined) err.write(`earmark: ${ending.sentence}\n`);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await Promise.all([out.drained(), err.drained()]);
  }
  return code;
}

function program(environment: Environment): Command {
  const earmark = new Command('earmark');
  const env = () => environment;
  earmark
    .description('Meeting notes and dictation on your own machine.')
    .version(environment.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.out.write(text),
      writeErr: (text) => environment.err.write(text),
      outputError: (text, write) => write(`earmark: ${usageSentence(text)}\n`),
    })
    .helpCommand('help [command]', 'help for a command')
    .showSuggestionAfterError();
  transcribeCommand(earmark, env);
  recordCommand(earmark, env);
  analyzeCommand(earmark, env);
  dictateCommand(earmark, env);
  sessionsCommand(earmark, env);
  modelsCommand(earmark, env);
  daemonCommandGroup(earmark, env);
  doctorCommand(earmark, env);
  for (const name of ['tokens', 'mcp']) laterCommand(earmark, name, name);
  return earmark;
}
