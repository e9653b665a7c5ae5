/** Family `tokens`: network access to this daemon. */
import { z } from 'zod';
import { request } from './method';

export const AccessScope = z
  .enum(['read', 'record', 'admin'])
  .describe(
    "`read` sees the user's own sessions. `record` also creates, changes and " +
      "deletes them. `admin` allows everything, with all users' sessions.",
  );
export type AccessScope = z.infer<typeof AccessScope>;

export const TokenInfo = z.object({
  id: z.string(),
  user: z.string(),
  scopes: z.array(AccessScope),
  createdAt: z.string().describe('ISO 8601.'),
  expiresAt: z.string().optional(),
  revokedAt: z.string().optional(),
});
export type TokenInfo = z.infer<typeof TokenInfo>;

export const TokensCreate = request({
  method: 'tokens/create',
  doc: 'Creates a token and returns it once; the daemon stores only its hash.',
  params: z.object({
    user: z
      .string()
      .regex(/^[A-Za-z0-9._@-]{1,64}$/)
      .describe('Owner of the token: letters, digits and `._@-`.'),
    scopes: z.array(AccessScope).min(1).max(3),
    expiresInMs: z
      .number()
      .int()
      .min(1000)
      .max(10 * 365 * 86_400_000)
      .optional()
      .describe('If absent, the token never expires.'),
  }),
  result: z.object({ token: z.string(), info: TokenInfo }),
  errors: ['rpc.tooMany', 'store.unwritable'],
});

export const TokensList = request({
  method: 'tokens/list',
  doc: 'All tokens, without their secrets.',
  params: z.object({}),
  result: z.object({ tokens: z.array(TokenInfo) }),
});

export const TokensRevoke = request({
  method: 'tokens/revoke',
  doc: 'Revokes a token and closes its connections. Idempotent.',
  params: z.object({ id: z.string().max(100) }),
  result: z.object({ info: TokenInfo }),
  errors: ['token.notFound', 'store.unwritable'],
});
