/** The `earmark` command: every subcommand in its own file, with a common exit. */
import { existsSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { stateFolder } from '../../client';
import type { DaemonCommand, RemoteProfile } from '../../client';
import { version } from '../../package.json';
import { analyzeCommand } from './commands/analyze';
import { daemonCommandGroup } from './commands/daemon';
import { dictateCommand } from './commands/dictate';
import { doctorCommand } from './commands/doctor';
import { mcpCommand } from './commands/mcp';
import { modelsCommand } from './commands/models';
import { peopleCommands } from './commands/people';
import { recordCommand } from './commands/record';
import { sessionsCommand } from './commands/sessions';
import { teamCommands } from './commands/team';
import { signInCommand } from './commands/signIn';
import { tokensCommand } from './commands/tokens';
import { uploadsCommand } from './commands/uploads';
import { voicesCommand } from './commands/voices';
import { transcribeCommand } from './commands/transcribe';
import { daemonCommand, remoteProfile, type Environment } from './environment';
import { endingOf, UsageError, usageSentence } from './output/failure';
import { terminal, type Terminal } from './output/output';

export interface RunOptions {
  /** Command that starts the daemon; tests use a scripted engine. */
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
  const [out, err] = [
    options.out ?? terminal(process.stdout),
    options.err ?? terminal(process.stderr),
  ];
  const env: Environment = {
    out,
    err,
    home: stateFolder(),
    version,
    daemon: options.daemon ?? daemonCommand(),
    signal: abort.signal,
  };
  let code = 0;
  try {
    if (argv[0] !== 'doctor') requireFolder(env.home);
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

/** @throws UsageError if `EARMARK_HOME` names a file */
function requireFolder(home: string): void {
  if (existsSync(home) && !statSync(home).isDirectory())
    throw new UsageError(`${home} is a file, not a folder; set EARMARK_HOME to a folder.`);
}

function program(environment: Environment): Command {
  const earmark = new Command('earmark');
  let remote: RemoteProfile | undefined;
  const env = () => (remote ? { ...environment, remote } : environment);
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
  // Manages the background process of this machine, even with a remote daemon.
  daemonCommandGroup(earmark, () => environment);
  teamCommands(earmark, () => environment);
  peopleCommands(earmark, () => environment);
  signInCommand(earmark, () => environment);
  tokensCommand(earmark, env);
  voicesCommand(earmark, env);
  uploadsCommand(earmark, () => environment, env);
  doctorCommand(earmark, env);
  mcpCommand(earmark, env);
  for (const command of commandsOf(earmark)) {
    if (isLocal(command)) continue;
    command.option(
      '--remote <URL>',
      'use the daemon at wss://host:port (or EARMARK_REMOTE); set its token in ' + 'EARMARK_TOKEN',
    );
  }
  earmark.hook('preAction', (_, action) => {
    if (!isLocal(action))
      remote = remoteProfile(
        action.opts<{ remote?: string }>().remote,
        process.env,
        environment.home,
      );
  });
  return earmark;
}

/** Commands for local processes and a team's database; they ignore the remote daemon. */
const LOCAL: ReadonlySet<string> = new Set([
  'server',
  'worker',
  'daemon',
  'database',
  'orgs',
  'users',
  'sign-in',
  'uploads list',
  'uploads transcribe',
  'uploads discard',
]);

function isLocal(command: Command): boolean {
  const group = command.parent?.name() ?? '';
  return [command.name(), group, `${group} ${command.name()}`].some((name) => LOCAL.has(name));
}

/** Commands with an action, without groups. */
function commandsOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(commandsOf);
}
