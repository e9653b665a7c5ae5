/** The wire contract: all families, and the list of all messages. */
import * as audio from './audio';
import * as capture from './capture';
import * as dictation from './dictation';
import * as engine from './engine';
import * as health from './health';
import * as insights from './insights';
import * as languageModel from './languageModel';
import type { NotificationType, RequestType } from './method';
import * as models from './models';
import * as notes from './notes';
import * as privacy from './privacy';
import * as session from './session';
import * as settings from './settings';
import * as tokens from './tokens';
import * as transcript from './transcript';
import * as uploads from './uploads';
import * as voices from './voices';

export * from './audio';
export * from './capture';
export * from './dictation';
export * from './engine';
export * from './errors';
export * from './health';
export * from './insights';
export * from './languageModel';
export * from './method';
export * from './models';
export * from './notes';
export * from './privacy';
export * from './remote';
export * from './session';
export * from './settings';
export * from './tokens';
export * from './transcript';
export * from './uploads';
export * from './version';
export * from './voices';

export type Message = RequestType | NotificationType;

function isMessage(x: unknown): x is Message {
  return typeof x === 'object' && x !== null && 'method' in x && 'params' in x && 'direction' in x;
}

/** Every declared message by family, in the order of PROTOCOL.md. */
export const FAMILIES: Readonly<Record<string, readonly Message[]>> = Object.fromEntries(
  Object.entries({
    daemon: health,
    engine,
    session,
    transcript,
    insights,
    languageModel,
    audio,
    capture,
    dictation,
    models,
    notes,
    privacy,
    settings,
    tokens,
    upload: uploads,
    voices,
  }).map(([family, module]) => [family, Object.values(module).filter(isMessage)]),
);
