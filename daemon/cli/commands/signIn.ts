/**
 * `earmark sign-in`: signs in to a team server with OpenID Connect; `--remote` then needs no token.
 */
import type { Command } from 'commander';
import { signIn, signInByCode } from '../../../client/remote/signIn';
import type { Environment } from '../environment';
import { keepSignIn } from '../signInFile';

export function signInCommand(program: Command, env: () => Environment): void {
  program
    .command('sign-in')
    .summary("sign in to a team's server")
    .description(
      "Signs in with the OpenID Connect provider of a team's server, in a browser. " +
        'Afterwards --remote needs no token.',
    )
    .requiredOption(
      '--issuer <URL>',
      'issuer address of the provider; ask your server administrator',
    )
    .requiredOption('--client-id <ID>', 'OpenID Connect client ID; ask your server administrator')
    .option('--code', 'enter a code on another device, if this one has no browser')
    .action(
      async ({ issuer, clientId, code }: { issuer: string; clientId: string; code?: boolean }) => {
        const { home, err, signal } = env();
        const provider = { issuer, clientId };
        const signedIn =
          code === true
            ? await signInByCode({
                ...provider,
                signal,
                show: (where, typed) =>
                  err.write(`earmark: Open ${where} on any device and enter ${typed}.\n`),
              })
            : await signIn({
                ...provider,
                signal,
                open: (url) => err.write(`earmark: Open this page to sign in: ${url}\n`),
              });
        keepSignIn(home, provider, signedIn);
        err.write('earmark: You are signed in. Use --remote without a token.\n');
      },
    );
}
