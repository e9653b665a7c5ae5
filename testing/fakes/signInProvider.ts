/**
 * A real OpenID Connect provider on this machine, whose users sign in at once, and a browser that
 * follows its pages.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CLIENT_ID = 'earmark';
const SCOPE = 'openid profile offline_access';

export class SignInProvider {
  /** The next user to sign in, and the organisation in the provider's token. */
  person = { subject: 'ann', organisation: 'ant' };

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(idTokenS = 60): Promise<SignInProvider> {
    const { default: Provider } = await import('oidc-provider');
    let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
    const server = createServer((request, response) => handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const made = new SignInProvider(server, issuer);
    const organisations = new Map<string, string>();
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          redirect_uris: ['http://127.0.0.1/signed-in'],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
        },
      ],
      features: { devInteractions: { enabled: false } },
      claims: { openid: ['sub', 'org'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['one key for a test'] },
      ttl: {
        IdToken: idTokenS,
        AccessToken: 600,
        RefreshToken: 600,
        Grant: 600,
        Session: 600,
        Interaction: 600,
      },
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, org: organisations.get(id) }),
      }),
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    });
    const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { prompt, params, session } = await provider.interactionDetails(request, response);
      const { subject, organisation } = made.person;
      organisations.set(subject, organisation);
      if (prompt.name === 'login')
        return provider.interactionFinished(request, response, { login: { accountId: subject } });
      const grant = new provider.Grant({
        accountId: session?.accountId ?? subject,
        clientId: params.client_id,
      });
      grant.addOIDCScope(SCOPE);
      return provider.interactionFinished(
        request,
        response,
        { consent: { grantId: await grant.save() } },
        { mergeWithLastSubmission: true },
      );
    };
    const callback = provider.callback();
    handle = (request, response) =>
      request.url?.startsWith('/interaction/')
        ? void interact(request, response)
        : callback(request, response);
    return made;
  }

  /**
   * Follows a page like a browser, to the last redirect.
   * @returns the status of the last answer
   */
  async browse(first: string): Promise<number> {
    const cookies = new Map<string, string>();
    for (let url = first, hops = 0; hops < 20; hops++) {
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        cookies.set(name, value);
      }
      const next = answer.headers.get('location');
      if (next === null) return answer.status;
      url = new URL(next, url).href;
    }
    return 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
