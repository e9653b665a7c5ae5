// A small workspace for tests of the window: what developers who talk about sessions and tokens
// would have open.
export const workspaceFiles: Readonly<Record<string, string>> = {
  'README.md': '# backend\n\nSessions and tokens of the shop.\n',
  'src/session/refreshSession.ts': `import { identityProvider } from '../identity/provider';
import { MAX_CLOCK_SKEW, type Token } from './token';

/** Asks the identity provider for a new token shortly before the old one ends. */
export async function refreshSession(token: Token, now: Date): Promise<Token> {
  const left = token.expiresAt.getTime() - now.getTime();
  if (left > MAX_CLOCK_SKEW) return token;
  for (;;) {
    const answer = await identityProvider.refresh(token.refreshToken);
    if (answer.ok) return answer.token;
    // Retries for ever while the provider is down.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
`,
  'src/session/token.ts': `/** Clocks of devices may differ by this much, in milliseconds. */
export const MAX_CLOCK_SKEW = 600_000;

export interface Token {
  readonly value: string;
  readonly refreshToken: string;
  readonly expiresAt: Date;
}

export class TokenValidator {
  isValid(token: Token, now: Date): boolean {
    return token.expiresAt.getTime() + MAX_CLOCK_SKEW > now.getTime();
  }
}
`,
  'src/session/sessionStore.ts': `import type { Token } from './token';

export interface SessionStore {
  get(userId: string): Promise<Token | undefined>;
  put(userId: string, token: Token): Promise<void>;
}

export class MemoryStore implements SessionStore {
  private readonly tokens = new Map<string, Token>();

  async get(userId: string): Promise<Token | undefined> {
    return this.tokens.get(userId);
  }

  async put(userId: string, token: Token): Promise<void> {
    this.tokens.set(userId, token);
  }
}
`,
};
