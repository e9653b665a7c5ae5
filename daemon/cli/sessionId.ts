/** Resolves a session id that the user wrote. */
import { fullId as resolve } from '../../agents/connection';
import type { Connection } from '../../client';
import { persist } from './persist';

/** Accepts the first letters of an id, like git. @throws EarmarkError session.notFound */
export const fullId = (connection: Connection, given: string): Promise<string> =>
  resolve({ request: (type, params) => persist(connection, type, params) }, given);
