/**
 * A client of a team's gateway in tests. It pushes words as loudness and collects the session's
 * events and transcript.
 */
import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, createFramePusher, readDaemonFile } from '../../client';
import { SessionGet, SessionStop, type SessionEvent } from '../../protocol/session';
import { TokenFile } from '../../daemon/adapters/transport/tokenFile';
import { say } from '../harness/sessionHarness';
import { until } from './daemonProcess';
import { TeamProcess, type TeamStart } from './teamProcess';
import { retried } from '../harness/retried';

/** Retries while another gateway takes over a session. */
const AGAIN = { again: 40, pauseMs: 250 };

/** A loaded machine decodes late. The test judges the text, not the delay. */
const DONE_MS = 180_000;

/** The guards treat quieter words as silence. */
export const FIRST_WORD = 4;

/** A gateway on a free port, with its tokens. */
export class Gateway extends TeamProcess {
  /** Cached, because the log drops its first lines. */
  private healthPort: string | undefined;
  private at: string | undefined;

  constructor(
    nats: string,
    tokens: TeamTokens,
    env: Readonly<Record<string, string>> = {},
    start: TeamStart = {},
  ) {
    super(
      ['server', '--nats', nats, '--listen', '127.0.0.1:0', '--health', '127.0.0.1:0'],
      { EARMARK_TEAM_REPLICAS: '1', ...env },
      { 'tokens.json': tokens.file },
      start,
    );
  }

  async url(): Promise<string> {
    if (this.at !== undefined) return this.at;
    // Ignores the daemon file of an earlier process in the same folder.
    const own = (): ReturnType<typeof readDaemonFile> =>
      [readDaemonFile(this.home)].find((file) => file?.pid === this.child.pid);
    await until(
      () => own()?.listen !== undefined || this.child.exitCode !== null,
      'the gateway listens',
      60_000,
    );
    const listen = own()?.listen;
    if (!listen) throw new Error(`The gateway ended: ${this.stderr}`);
    return (this.at = listen.url);
  }

  /** Address of the health probes. */
  async health(): Promise<string> {
    if (this.healthPort === undefined) {
      await this.logged('health.listening', 60_000);
      this.healthPort = /"port":(\d+),"event":"health\.listening"/.exec(this.stderr)?.[1] ?? '';
    }
    return `http://127.0.0.1:${this.healthPort}`;
  }
}

/** Tokens that are valid at every gateway started with them. */
export interface TeamTokens {
  readonly file: string;
  of(user: string): string;
}

export async function teamTokens(...users: readonly string[]): Promise<TeamTokens> {
  const folder = mkdtempSync(join(tmpdir(), 'earmark-tokens-'));
  const path = join(folder, 'tokens.json');
  const tokens = new TokenFile(path, () => Date.now());
  const secrets = new Map<string, string>();
  for (const user of users)
    secrets.set(user, (await tokens.create(user, ['record'], 'test')).secret);
  const file = readFileSync(path, 'utf8');
  rmSync(folder, { recursive: true });
  return { file, of: (user) => secrets.get(user) ?? '' };
}

export interface Recorded {
  readonly sessionId: string;
  readonly words: readonly string[];
  /** Fields that are equal in every run over the same audio. */
  readonly segments: readonly {
    readonly id: string;
    readonly text: string;
    readonly startMs: number;
    readonly endMs: number;
  }[];
  /** The whole transcript as text. */
  readonly transcript: string;
  readonly dropped: number;
  /** Reason for the end of each connection, as the client received it. */
  readonly closings: readonly string[];
}

/** A recording that a client pushes. */
const FILE = {
  kind: 'file' as const,
  sources: [{ source: 'mic' as const, origin: { type: 'push' as const } }],
  partials: false,
  insights: false,
};

/**
 * Pushes words, in real time or at full speed.
 * @param at called before the nth word
 * @param onLost called for every connection that ends before the session does
 */
export async function record({
  url,
  token,
  words,
  paceMs = 2,
  at = {},
  onLost,
}: {
  readonly url: string;
  readonly token: string;
  readonly words: readonly number[];
  readonly paceMs?: number;
  readonly at?: Readonly<Record<number, () => unknown>>;
  readonly onLost?: () => void;
}): Promise<Recorded> {
  const connection = createConnection({
    stateDir: '/nowhere',
    client: { name: 'test', version: '0' },
    timeoutMs: 5_000,
    remote: { url, token },
  });
  const events: SessionEvent[] = [];
  const closings: string[] = [];
  connection.onDidChangeState(({ from, to }) => {
    if (from.kind !== 'connected' || to.kind !== 'waiting') return;
    closings.push(to.error.message);
    onLost?.();
  });
  const subscription = await connection
    .start(FILE, (event) => void events.push(event))
    .catch((error: unknown) => {
      connection.dispose();
      throw error;
    });
  const { sessionId } = subscription;
  const pusher = createFramePusher(connection, subscription, { source: 'mic' });
  try {
    for (const [i, n] of words.entries()) {
      await at[i]?.();
      pusher.write(say(n));
      await delay(paceMs);
    }
    await pusher.end();
    await retried(AGAIN, () =>
      connection.request(SessionStop, { sessionId }, { timeoutMs: 5_000 }),
    );
    await until(
      () => events.some((e) => e.kind === 'state' && e.to === 'DONE'),
      'the session is done',
      DONE_MS,
    );
    const { segments } = await retried(AGAIN, () =>
      connection.request(SessionGet, { sessionId }, { timeoutMs: 5_000 }),
    );
    const durable = events.flatMap((e) => ('seq' in e ? [e.seq] : []));
    deepEqual(
      durable,
      durable.map((_, i) => i + 1),
      'every event once and in order',
    );
    return {
      sessionId,
      words: segments.map(({ text }) => text),
      segments: segments.map(({ id, text, startMs, endMs }) => ({ id, text, startMs, endMs })),
      transcript: JSON.stringify(segments),
      dropped: pusher.dropped,
      closings,
    };
  } finally {
    pusher.dispose();
    subscription.dispose();
    connection.dispose();
  }
}
