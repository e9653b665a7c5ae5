/** The connection to NATS that all parts of one process share, and the streams they need. */
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
  /**
   * User name and password, or a token, may stand in the address; this is where they should not.
   */
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
  /** Bytes that the streams made here may hold, by name. */
  readonly limits: ReadonlyMap<string, number>;
  /** Makes a stream, or gives it these settings. @throws EarmarkError daemon.startFailed */
  stream(config: LimitedStream): Promise<void>;
  /** Rejects where NATS cannot be reached, or its JetStream has no leader. */
  reachable(): Promise<void>;
  /** Sends what waits, then closes. */
  close(): Promise<void>;
}

export const NANOS = 1e6;
/** A node that stands still takes connections and says nothing. */
const CONNECT_MS = 2_000;
const RECONNECT_MS = 250;
/** A dead peer is noticed after two to three of these, where the operating system says nothing. */
const PING_MS = 1_000;
/**
 * What is asked while a cluster has no leader is never answered: the shorter, the sooner it is
 * asked again of the next one.
 */
const API_MS = 2_000;
const DUPLICATES_MS = 120_000;
/** What waits for a decoder at most: nine hours of speech. */
const PHRASES_BYTES = 1e9;
const PHRASES_AGE_MS = 60 * 60_000;
const QUICK_BYTES = 64e6;
const QUICK_AGE_MS = 3_000;
const DEAD_BYTES = 16e6;
const DEAD_AGE_MS = 30 * 24 * 3_600_000;

const TRIES = 8;
/**
 * What was published goes out; a server that does not answer must not keep a process from ending.
 */
const DRAIN_MS = 5_000;

/** What another process makes at the same moment stands by then. */
const MADE_MS = 50;
/**
 * JetStream's error codes: the name is taken with other settings; replicas without a cluster; too
 * few nodes; the subjects are another stream's.
 */
const [TAKEN, NOT_CLUSTERED, NO_PEERS, OVERLAPS] = [10058, 10074, 10005, 10065];

/** @throws EarmarkError daemon.startFailed where no server answers or refuses */
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
    // Worth nothing after a moment: in memory, once.
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
 * Not the node that was lost just now, which a client would ask first: one that stands still costs
 * the whole time of a connection.
 */
function longestUnasked(pool: readonly Server[]): Server | null {
  return [...pool].sort((a, b) => a.lastConnect - b.lastConnect)[0] ?? null;
}

/**
 * A cluster that has lost a node answers nothing while it chooses another leader. Of several
 * processes that make one stream at the same moment, a server tells one that the subjects are
 * another stream's: it is the same one (seen with 2.9.10).
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
