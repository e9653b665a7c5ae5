/** What somebody over the network may ask for: the scope that each method needs. A method that is not named here needs `admin`. */
import { AudioEnd, AudioOpen, AudioPush } from '../../protocol/audio';
import { DictationCancel, DictationStart, DictationStop } from '../../protocol/dictation';
import { EarmarkError } from '../../protocol/errors';
import { DaemonHealth, DaemonHello } from '../../protocol/health';
import { InsightAnalyze, InsightDerive, InsightRevise } from '../../protocol/insights';
import type { RequestType } from '../../protocol/method';
import { ModelsList } from '../../protocol/models';
import { NotesLease, NotesName, NotesPlan, NotesRelease } from '../../protocol/notes';
import { SessionAttach, SessionContext, SessionDelete, SessionDetach, SessionGet, SessionList, SessionPause, SessionPurge, SessionRecover, SessionRename, SessionResume, SessionSearch, SessionStart, SessionStop } from '../../protocol/session';
import { TranscriptRevise } from '../../protocol/transcript';
import { may, ownerSeen, type Identity, type Scope } from '../base/identity';
import type { Sessions } from '../session/api';

const READ = [DaemonHello, DaemonHealth, ModelsList, NotesName, InsightDerive, SessionAttach, SessionDetach, SessionGet, SessionList, SessionSearch];
const RECORD = [
  AudioEnd, AudioOpen, AudioPush, DictationCancel, DictationStart, DictationStop, InsightAnalyze, InsightRevise, NotesLease, NotesPlan, NotesRelease,
  SessionContext, SessionDelete, SessionPause, SessionPurge, SessionRecover, SessionRename, SessionResume, SessionStart, SessionStop, TranscriptRevise,
];
const SCOPES = new Map<string, Scope>([...READ.map((m: RequestType) => [m.method, 'read'] as const), ...RECORD.map((m: RequestType) => [m.method, 'record'] as const)]);

/** @throws EarmarkError rpc.forbidden */
export function requireScope(identity: Identity, method: string): void {
  const scope = SCOPES.get(method) ?? 'admin';
  if (!may(identity, scope)) throw new EarmarkError('rpc.forbidden', `This token may not use ${method.slice(0, 100)}; it needs the scope "${scope}".`, { details: { scope } });
}

/** Somebody else's session is not there. @throws EarmarkError session.notFound */
export function requireOwn(identity: Identity, params: unknown, sessions: Pick<Sessions, 'ownerOf'>): void {
  const owner = ownerSeen(identity);
  if (owner === undefined || typeof params !== 'object' || params === null) return;
  const { sessionId } = params as { sessionId?: unknown };
  if (typeof sessionId === 'string' && sessions.ownerOf(sessionId) !== owner) throw new EarmarkError('session.notFound', 'There is no such session; list the sessions and choose one of them.');
}
