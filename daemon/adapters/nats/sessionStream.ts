/**
 * A running session in a team: its events and its audio without final text, in one JetStream
 * stream, so that another server can continue it. A server's state folder holds a working copy.
 */
import type { MsgRequest } from '@nats-io/jetstream';
import { FRAME_SAMPLES, type Frame, type Source } from '../../audio/frame';
import type { DurableEvent, SessionRecord } from '../../session/contract/events';
import type { Progress } from '../../speech/contract';
import type { SessionStore } from '../../session/contract/store';
import type { OpenSession } from '../../team/orphans';
import { nameOf, token } from './subjects';
import { NANOS, type TeamBus } from './teamBus';

export const SESSIONS = 'EARMARK_SESSIONS';
const BYTES = 2e9;
/** After this time no server continues a session. */
const AGE_MS = 7 * 24 * 3_600_000;
const DUPLICATES_MS = 120_000;

export async function openSessionStream(bus: TeamBus): Promise<void> {
  await bus.stream({
    name: SESSIONS,
    subjects: ['earmark.session.>'],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_bytes: BYTES,
    max_age: AGE_MS * NANOS,
    duplicate_window: DUPLICATES_MS * NANOS,
    num_replicas: bus.replicas,
  });
}

/** Subjects of the sessions of one organisation, or of a team without organisations. */
export class SessionSubjects {
  private readonly scope: string;

  constructor(organisation: string) {
    this.scope = token(organisation);
  }

  readonly all = (id: string): string => `${this.of(id)}.>`;
  /** Its journal, if there is no database. */
  readonly events = (id: string): string => `${this.of(id)}.events`;
  /** Present until the session ends. */
  readonly open = (id: string): string => `${this.of(id)}.open`;
  readonly audio = (id: string, source: Source): string => `${this.of(id)}.audio.${token(source)}`;
  readonly allAudio = (id: string): string => `${this.of(id)}.audio.>`;
  /** Key of the lease of the session's server. */
  readonly lease = (id: string): string => `session.${this.scope}.${id}`;

  private of(id: string): string {
    return `earmark.session.${this.scope}.${token(id)}`;
  }
}

/** Unfinished sessions of all organisations. */
export async function openSessions({ jsm }: TeamBus): Promise<readonly OpenSession[]> {
  const { state } = await jsm.streams.info(SESSIONS, {
    subjects_filter: 'earmark.session.*.*.open',
  });
  return Object.keys(state.subjects ?? {}).flatMap((subject) => {
    const [, , scope, id] = subject.split('.');
    return scope === undefined || id === undefined
      ? []
      : [{ organisation: scope === token('') ? '' : nameOf(scope), sessionId: nameOf(id) }];
  });
}

/** One entry of a session's journal. */
export type Entry =
  | { readonly record: SessionRecord }
  | { readonly change: Parameters<SessionStore['updateSession']>[1] }
  | { readonly events: readonly DurableEvent[]; readonly progress: readonly Progress[] };

/** The final state that these events lead to, if any. */
export function endIn(events: readonly DurableEvent[]): 'DONE' | 'FAILED' | undefined {
  for (const event of events)
    if (event.kind === 'state' && (event.to === 'DONE' || event.to === 'FAILED')) return event.to;
  return undefined;
}

/** Messages of one subject, oldest first. */
export async function* messagesOf(
  { jsm }: TeamBus,
  subject: string,
): AsyncGenerator<{ readonly seq: number; readonly data: Uint8Array }> {
  for (let seq = 1; ;) {
    // Servers support this form; the client's types lack it. It asks the leader; a direct read
    // would not.
    const message = await jsm.streams.getMessage(SESSIONS, {
      seq,
      next_by_subj: subject,
    } as MsgRequest);
    if (!message) return;
    yield { seq: message.seq, data: message.data };
    seq = message.seq + 1;
  }
}

/** Four bytes length, JSON of number and capture time of each frame, then their samples. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array {
  const json = Buffer.from(
    JSON.stringify(frames.map(({ seq, captureMs }) => [seq, captureMs])),
    'utf8',
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([
    length,
    json,
    ...frames.map(({ pcm }) => Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)),
  ]);
}

export function decodeFrames(source: Source, message: Uint8Array): Frame[] {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const at = 4 + bytes.readUInt32LE(0);
  const heads = JSON.parse(bytes.toString('utf8', 4, at)) as [number, number][];
  const samples = new Int16Array(new Uint8Array(bytes.subarray(at)).buffer);
  return heads.map(([seq, captureMs], i) => ({
    source,
    seq,
    captureMs,
    pcm: samples.slice(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES),
  }));
}
