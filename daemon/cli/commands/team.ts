/**
 * `earmark server` and `earmark worker`: the processes of a team's engine. They run in the
 * foreground until SIGTERM or Ctrl-C, as containers require.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Environment } from '../environment';
import { SilentFailure } from '../output/failure';

export function teamCommands(program: Command, env: () => Environment): void {
  program
    .command('server')
    .summary("run a team's server")
    .description(
      'Serves the clients of a team and holds their sessions; workers decode the ' +
        'speech. Runs until SIGTERM.',
    )
    .requiredOption('--listen <HOST:PORT>', 'address for clients')
    .option('--nats <URL>', 'NATS servers, separated by commas (or EARMARK_NATS)')
    .option('--tls-cert <FILE>', 'TLS certificate (PEM); default: self-signed')
    .option('--tls-key <FILE>', 'private key of the certificate (PEM)')
    .option('--health <HOST:PORT>', 'address for the probes /livez and /readyz (or EARMARK_HEALTH)')
    .action(
      ({ listen, nats, tlsCert, tlsKey, health }: Readonly<Record<string, string | undefined>>) =>
        run(env(), 'server', { listen, nats, 'tls-cert': tlsCert, 'tls-key': tlsKey, health }),
    );
  program
    .command('worker')
    .summary('run a decode worker of a team')
    .description(
      "Takes phrases of a team's gateways from NATS and decodes them with one model. " +
        'On SIGTERM it finishes its current phrases and ends.',
    )
    .option('--nats <URL>', 'NATS servers, separated by commas (or EARMARK_NATS)')
    .option('--provider <P>', 'speech engine')
    .option('--model <M>', 'model of the engine; "earmark models pull" downloads it')
    .option('--slots <N>', 'phrases decoded at once; default: one per core')
    .option('--health <HOST:PORT>', 'address for the probes /livez and /readyz (or EARMARK_HEALTH)')
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
 * `team.js` is beside `cli.js`; from the sources it is `daemon/teamMain.ts`, run in the way of this
 * process.
 */
function teamProgram(): { readonly command: string; readonly args: readonly string[] } {
  const built = join(__dirname, 'team.js');
  if (existsSync(built)) return { command: process.execPath, args: [built] };
  return {
    command: process.execPath,
    args: [...process.execArgv, resolve(__dirname, '../../teamMain.ts')],
  };
}
