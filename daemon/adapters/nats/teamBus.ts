/** The NATS connection that all parts of a process share, and their streams. */
import type { JetStreamClient, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection, Server } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import { PHRASE_MAX_BYTES } from './phraseMessage';
import { ALL_DEAD, DEAD, PHRASES, QUICK } from './subjects';

export interface BusSetup {
  /** `nats://host:port`, `tls://…`, several separated by commas. */
  readonly servers: string;
  /** Preferred over a user name and password, or a token, in the address. */
  readonly token?: string;
  readonly name: string;
  /** Copies of every stream, 1 to 5. */
  readonly replicas: number;
  readonly logger: Logger;
}

type LimitedStream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'max_bytes'>;

export interface TeamBus {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly replicas: number;
  /** Size limit in bytes of the streams made here, by name. */
  readonly limits: ReadonlyMap<string, number>;
  /** Makes or updates a stream. @throws EarmarkError daemon.startFailed */
  stream(config: LimitedStream): Promise<void>;
  /** Rejects if NATS cannot be reached or its JetStream has no leader. */
  reachable(): Promise<void>;
  /** Sends the queue, then closes. */
  close(): Promise<void>;
}

export const NANOS = 1e6;
/** A hung node accepts connections and sends nothing. */
const CONNECT_MS = 2_000;
const RECONNECT_MS = 250;
/** A dead peer is detected after two to three pings if the operating system reports nothing. */
const PING_MS = 1_000;
/**
 * A cluster without a leader never answers a request; a short limit repeats it sooner to the next
 * leader.
 */
const API_MS = 2_000;
const DUPLICATES_MS = 120_000;
/** Limit of queued phrases: nine hours of speech. */
const PHRASES_BYTES = 1e9;
const PHRASES_AGE_MS = 60 * 60_000;
const QUICK_BYTES = 64e6;
const QUICK_AGE_MS = 3_000;
const DEAD_BYTES = 16e6;
const DEAD_AGE_MS = 30 * 24 * 3_600_000;

const TRIES = 8;
/**
 * Sends published messages before the exit; a server without an answer must not keep the process
 * from ending.
 */
const DRAIN_MS = 5_000;

/** Wait for a stream that another process makes at the same moment. */
const MADE_MS = 50;
/**
 * JetStream's error codes: the name is taken with other settings; replicas without a cluster; too
 * few nodes; another stream has the subjects.
 */
const [TAKEN, NOT_CLUSTERED, NO_PEERS, OVERLAPS] = [10058, 10074, 10005, 10065];

/** @throws EarmarkError daemon.startFailed if no server answers or a server refuses */
export async function openBus({
  servers,
  token,
  name,
  replicas,
  logger,
}: BusSetup): Promise<TeamBus> {
  const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all([
    import('@nats-io/transport-node'),
    import('@nats-io/jetstream'),
  ]);
  const list = servers
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '');
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers: list,
      name,
      ...(token === undefined ? {} : { token }),
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectToServer: longestUnasked,
      pingInterval: PING_MS,
      maxPingOut: 2,
    });
  } catch (cause) {
    throw new EarmarkError(
      'daemon.startFailed',
      'No NATS server in team.nats accepts connections. Start nats-server with ' +
        'JetStream (-js), or correct the address.',
      { cause },
    );
  }
  void (async () => {
    for await (const { type } of nc.status())
      if (type === 'disconnect' || type === 'reconnect' || type === 'error')
        logger.warn(`nats.${type}`);
  })().catch(() => undefined);
  try {
    const [js, jsm] = [
      jetstream(nc, { timeout: API_MS }),
      await patiently(() => jetstreamManager(nc, { timeout: API_MS })),
    ];
    const limits = new Map<string, number>();
    const bus: TeamBus = {
      nc,
      js,
      jsm,
      replicas,
      limits,
      stream: (config) => {
        limits.set(config.name, config.max_bytes);
        return patiently(() => ensure(jsm, config)).catch((error: unknown) => {
          if (codeOf(error) !== OVERLAPS) throw error;
          throw new EarmarkError(
            'daemon.startFailed',
            'Another stream on this NATS server uses subjects under "earmark."; give ' +
              'Earmark its own account or server.',
            { cause: error },
          );
        });
      },
      reachable: async () => void (await jsm.getAccountInfo()),
      close: async () => {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
        await Promise.race([nc.drain().catch(() => undefined), late]);
        clearTimeout(timer);
        await nc.close();
      },
    };
    await bus.stream({
      name: PHRASES,
      subjects: ['earmark.phrase.final.>'],
      retention: 'workqueue',
      storage: 'file',
      discard: 'new',
      max_bytes: PHRASES_BYTES,
      max_msg_size: PHRASE_MAX_BYTES,
      max_age: PHRASES_AGE_MS * NANOS,
      duplicate_window: DUPLICATES_MS * NANOS,
      num_replicas: replicas,
    });
    // Short-lived phrases: in memory, one replica.
    await bus.stream({
      name: QUICK,
      subjects: ['earmark.phrase.speculative.>', 'earmark.phrase.partial.>'],
      retention: 'workqueue',
      storage: 'memory',
      discard: 'old',
      max_bytes: QUICK_BYTES,
      max_msg_size: PHRASE_MAX_BYTES,
      max_age: QUICK_AGE_MS * NANOS,
      duplicate_window: QUICK_AGE_MS * NANOS,
      num_replicas: 1,
    });
    await bus.stream({
      name: DEAD,
      subjects: [ALL_DEAD],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      max_bytes: DEAD_BYTES,
      max_age: DEAD_AGE_MS * NANOS,
      duplicate_window: DUPLICATES_MS * NANOS,
      num_replicas: replicas,
    });
    return bus;
  } catch (error) {
    await nc.close();
    throw error instanceof EarmarkError
      ? error
      : new EarmarkError(
          'daemon.startFailed',
          'NATS answers, but JetStream does not; start nats-server with -js and a store ' +
            'folder.',
          { cause: error },
        );
  }
}

/**
 * Picks the next node, not the node lost just now, which a client would try first: a hung node
 * costs the whole connection time.
 */
function longestUnasked(pool: readonly Server[]): Server | null {
  return [...pool].sort((a, b) => a.lastConnect - b.lastConnect)[0] ?? null;
}

/**
 * Repeats requests while a cluster elects a leader after losing a node. If several processes make
 * one stream at once, a server may report its subjects as another stream's; it is the same stream
 * (seen with 2.9.10).
 */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const overlaps = codeOf(error) === OVERLAPS;
      if (
        tries >= TRIES ||
        (!overlaps && !(error instanceof Error && error.name === 'TimeoutError'))
      )
        throw error;
      if (overlaps) await delay(MADE_MS);
    }
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

async function ensure(jsm: JetStreamManager, config: LimitedStream): Promise<void> {
  try {
    await jsm.streams.add(config);
  } catch (error) {
    const code = codeOf(error);
    if (code === TAKEN) {
      await jsm.streams.update(config.name, config);
      return;
    }
    if (code === NOT_CLUSTERED || code === NO_PEERS)
      throw new EarmarkError(
        'daemon.startFailed',
        `NATS has fewer nodes than team.replicas (${String(config.num_replicas)}). ` +
          'Start more nodes, or set team.replicas to 1.',
        { cause: error },
      );
    throw error;
  }
}
