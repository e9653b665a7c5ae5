/**
 * Scopes of network users: the scope that each method needs. A method that is not listed needs
 * `admin`.
 */
import {
  AudioClip,
  AudioEnd,
  AudioOpen,
  AudioPush,
  AudioReport,
  AudioVerify,
} from '../../protocol/audio';
import {
  DictationCancel,
  DictationLearn,
  DictationStart,
  DictationStop,
  DictationTake,
} from '../../protocol/dictation';
import { EarmarkError } from '../../protocol/errors';
import { DaemonHealth, DaemonHello } from '../../protocol/health';
import {
  InsightAnalyze,
  InsightDerive,
  InsightRevise,
  InsightWrite,
} from '../../protocol/insights';
import { LanguageModelLevels } from '../../protocol/languageModel';
import type { RequestType } from '../../protocol/method';
import { ModelsList, ModelsRecommend } from '../../protocol/models';
import { NotesLease, NotesName, NotesPlan, NotesRelease } from '../../protocol/notes';
import { PrivacyRetention, PrivacyStorage } from '../../protocol/privacy';
import {
  SessionAttach,
  SessionContext,
  SessionDelete,
  SessionDetach,
  SessionExport,
  SessionGet,
  SessionList,
  SessionPause,
  SessionPurge,
  SessionRecover,
  SessionRename,
  SessionResume,
  SessionSearch,
  SessionSetModel,
  SessionStart,
  SessionStop,
} from '../../protocol/session';
import { TokensCreate, TokensList, TokensRevoke } from '../../protocol/tokens';
import {
  TranscriptImport,
  TranscriptNameSpeaker,
  TranscriptRevise,
} from '../../protocol/transcript';
import { VoicesForget, VoicesKeep, VoicesList } from '../../protocol/voices';
import { may, ownerSeen, type Identity, type AccessScope } from '../base/identity';
import type { Sessions } from '../session/contract/api';
import { noSuchSession } from '../session/contract/errors';

const READ = [
  AudioClip,
  DaemonHello,
  DaemonHealth,
  ModelsList,
  ModelsRecommend,
  NotesName,
  InsightDerive,
  LanguageModelLevels,
  SessionAttach,
  SessionDetach,
  SessionExport,
  SessionGet,
  SessionList,
  SessionSearch,
  VoicesList,
];
const RECORD = [
  AudioEnd,
  AudioOpen,
  AudioPush,
  AudioReport,
  AudioVerify,
  DictationCancel,
  DictationLearn,
  DictationStart,
  DictationStop,
  DictationTake,
  InsightAnalyze,
  InsightRevise,
  InsightWrite,
  NotesLease,
  NotesPlan,
  NotesRelease,
  PrivacyRetention,
  PrivacyStorage,
  SessionContext,
  SessionDelete,
  SessionPause,
  SessionPurge,
  SessionRecover,
  SessionRename,
  SessionResume,
  SessionSetModel,
  SessionStart,
  SessionStop,
  TranscriptImport,
  TranscriptNameSpeaker,
  TranscriptRevise,
  VoicesForget,
  VoicesKeep,
];
const SCOPES = new Map<string, AccessScope>([
  ...READ.map((m: RequestType) => [m.method, 'read'] as const),
  ...RECORD.map((m: RequestType) => [m.method, 'record'] as const),
]);

/**
 * Methods that an organisation's administrator may call on a shared server. They affect only that
 * organisation's people and data.
 */
const OF_ORGANISATION = new Set<string>(
  [TokensCreate, TokensList, TokensRevoke].map(({ method }) => method),
);

/** @throws EarmarkError rpc.forbidden */
export function requireScope(identity: Identity, method: string): void {
  const scope = SCOPES.get(method) ?? 'admin';
  if (!may(identity, scope))
    throw new EarmarkError(
      'rpc.forbidden',
      `This token cannot use ${method.slice(0, 100)}; it needs the scope "${scope}".`,
      { details: { scope } },
    );
  const shared =
    identity.kind === 'remote' && identity.organisation !== undefined && scope === 'admin';
  if (shared && !OF_ORGANISATION.has(method))
    throw new EarmarkError(
      'rpc.forbidden',
      `Only the server administrator can use ${method.slice(0, 100)}; ask your ` + 'administrator.',
      { details: { scope } },
    );
}

/**
 * A session of another user is reported as missing.
 * @throws EarmarkError session.notFound
 */
export async function requireOwn(
  identity: Identity,
  params: unknown,
  sessions: Pick<Sessions, 'ownerOf'>,
): Promise<void> {
  const owner = ownerSeen(identity);
  if (owner === undefined || typeof params !== 'object' || params === null) return;
  const { sessionId } = params as { sessionId?: unknown };
  if (typeof sessionId === 'string' && (await sessions.ownerOf(sessionId)) !== owner)
    throw noSuchSession();
}
