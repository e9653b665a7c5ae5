/**
 * Sends a final directly from its gateway to a free worker when the queue does not deliver it: its
 * stream or consumer may have no leader. The queue holds or receives the phrase too; the gateway
 * settles it once, by its id.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposable';
import type { Delivery } from './delivery';
import { type Partition, partitionOfSubject, offerOf } from './subjects';

/** Time limit for a free worker to answer. */
const OFFER_MS = 500;
const GIVE_MS = 1_000;
const PARTITION = 'Earmark-Partition';
const ASKED = 'Earmark-Asked';
const TAKEN = 'taken';
const BUSY = 'busy';

/** `given`: no worker confirmed the phrase, but one may still have it. */
export type HandedOver = 'taken' | 'given' | 'refused';

/**
 * Offers a phrase to all workers of its model and hands it to the first free worker.
 * @param askedMs time of the request in milliseconds since the epoch
 */
export async function directDispatch(
  nc: NatsConnection,
  partition: Partition,
  message: Uint8Array,
  askedMs: number,
): Promise<HandedOver> {
  const free = await nc
    .request(offerOf(partition.model), '', { timeout: OFFER_MS })
    .catch(() => undefined);
  if (!free) return 'refused';
  const { headers } = await import('@nats-io/transport-node');
  const about = headers();
  about.set(PARTITION, partition.subject);
  about.set(ASKED, String(askedMs));
  return nc.request(free.string(), message, { timeout: GIVE_MS, headers: about }).then(
    (reported) => (reported.string() === TAKEN ? 'taken' : 'refused'),
    () => 'given',
  );
}

export interface Hands {
  readonly isFree: () => boolean;
  /** @returns false if the worker is no longer free */
  readonly take: (partition: Partition, delivery: Delivery) => boolean;
}

/**
 * Receives the phrases that gateways hand to a worker directly.
 * @param subject private subject of this worker
 */
export function openHands(
  nc: NatsConnection,
  model: string,
  subject: string,
  { isFree, take }: Hands,
): Disposable {
  const store = new DisposableStore();
  const offers = nc.subscribe(offerOf(model), {
    callback: (error, message) => void (error ?? (isFree() && message.respond(subject))),
  });
  const given = nc.subscribe(subject, {
    callback: (error, message) => {
      if (error) return;
      const from = message.headers?.get(PARTITION) ?? '';
      const partition = partitionOfSubject(from);
      const delivery: Delivery = {
        data: message.data,
        subject: from,
        count: 1,
        storedMs: Number(message.headers?.get(ASKED)),
        ack: ignored,
        giveBack: ignored,
        working: ignored,
      };
      message.respond(partition && take(partition, delivery) ? TAKEN : BUSY);
    },
  });
  for (const subscription of [offers, given])
    store.add(toDisposable(() => subscription.unsubscribe()));
  return store;
}

/**
 * No acknowledgement here: the queue delivers the phrase too, and that delivery is acknowledged.
 */
function ignored(): void {
  return undefined;
}
