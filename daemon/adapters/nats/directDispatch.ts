/**
 * A final straight from its gateway to a worker that is free, where the queue does not bring it
 * there: its stream or its consumer may have no leader. The queue has it too, or gets it; whoever
 * asked settles it once, by its id.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposable';
import type { Delivery } from './delivery';
import { type Partition, partitionOfSubject, offerOf } from './subjects';

/** No worker that is free needs longer to say so. */
const OFFER_MS = 500;
const GIVE_MS = 1_000;
const PARTITION = 'Earmark-Partition';
const ASKED = 'Earmark-Asked';
const TAKEN = 'taken';
const BUSY = 'busy';

/** Given: no worker said that it took it, and one may have it all the same. */
export type HandedOver = 'taken' | 'given' | 'refused';

/**
 * Offers a phrase to all workers of its model and gives it to the first that is free.
 * @param askedMs when it was asked for, milliseconds since the epoch
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
  /** @returns false where it is not free any more */
  readonly take: (partition: Partition, delivery: Delivery) => boolean;
}

/** Takes for a worker what is handed to it. @param subject that nobody else listens to */
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

/** It comes by the queue as well, which is told. */
function ignored(): void {
  return undefined;
}
