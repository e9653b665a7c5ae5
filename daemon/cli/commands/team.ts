/**
 * `earmark server` and `earmark worker`: the processes of a team's engine. They run in the
 * foreground until SIGTERM or Ctrl-C, as a container wants it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Environment } from '../environment';
import { SilentFailure } from '../failure';

export function teamCommands(program: Command, env: () => Environment): void {
  program
    .command('server')
    .summary("serve a team's clients, with workers that decode")
    .description(
      'Serves clients as the daemon does and holds their sessions; workers decode what is said. Runs until SIGTERM.',
    )
    .requiredOption('--listen <HOST:PORT>', 'where clients come')
    .option('--nats <URL>', 'NATS servers, separated by commas (or EARMARK_NATS)')
    .option('--tls-cert <FILE>', 'certificate (PEM); without one the server signs its own')
    .option('--tls-key <FILE>', 'its key (PEM)')
    .option('--health <HOST:PORT>', 'where probes ask for /livez and /readyz (or EARMARK_HEALTH)')
    .action(
      ({ listen, nats, tlsCert, tlsKey, health }: Readonly<Record<string, string | undefined>>) =>
        run(env(), 'server', { listen, nats, 'tls-cert': tlsCert, 'tls-key': tlsKey, health }),
    );
  program
    .command('worker')
    .summary('decode phrases for a team')
    .description(
      "Takes phrases of a team's gateways from NATS and decodes them with one model, until SIGTERM; then it ends what it has in hand.",
    )
    .option('--nats <URL>', 'NATS servers, separated by commas (or EARMARK_NATS)')
    .option('--provider <P>', 'speech engine')
    .option('--model <M>', 'model; "earmark models pull" gets it')
    .option('--slots <N>', 'phrases at once; without it one a core')
    .option('--health <HOST:PORT>', 'where probes ask for /livez and /readyz (or EARMARK_HEALTH)')
    .action((options: Readonly<Record<string, string>>) => run(env(), 'worker', options));
}

async function run(
  env: Environment,
  role: string,
  options: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const { command, args: before } = teamProgram();
  const child = spawn(command, [...before, role, '--home', env.home, ...args], {
    stdio: 'inherit',
  });
  const stop = (): void => void child.kill('SIGTERM');
  env.signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((done, failed) =>
    child.once('error', failed).once('exit', done),
  );
  env.signal.removeEventListener('abort', stop);
  if (code !== 0) throw new SilentFailure();
}

/**
 * `team.js` lies beside `cli.js`; from the sources it is `daemon/teamMain.ts`, run the way this
 * process runs.
 */
function teamProgram(): { readonly command: string; readonly args: readonly string[] } {
  const built = join(__dirname, 'team.js');
  if (existsSync(built)) return { command: process.execPath, args: [built] };
  return {
    command: process.execPath,
    args: [...process.execArgv, resolve(__dirname, '../../teamMain.ts')],
  };
}
