/**
 * A message delivered to a consumer, with its replies (JetStream's acknowledgement protocol,
 * ADR-15).
 */
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { NANOS } from './teamBus';

export interface Delivery {
  readonly data: Uint8Array;
  readonly subject: string;
  /** Number of deliveries; 1 the first time. */
  readonly count: number;
  /** Time of storage in milliseconds since the epoch, by the server's clock. */
  readonly storedMs: number;
  /** Acknowledges the message, which removes it. */
  ack(): void;
  /** Returns the message for another consumer, after a pause. */
  giveBack(pauseMs: number): void;
  /** Extends the acknowledgement deadline while work continues. */
  working(): void;
}

/**
 * Requests one message from a consumer without waiting for a new one.
 * @returns undefined if it has none
 * @throws if it does not answer, also if there is no such consumer
 */
export async function pull(
  nc: NatsConnection,
  stream: string,
  consumer: string,
  timeoutMs: number,
): Promise<Delivery | undefined> {
  // The message arrives under its own subject, so a separate subscription must receive it.
  const message = await nc.request(
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
    JSON.stringify({ batch: 1, no_wait: true }),
    { timeout: timeoutMs, noMux: true },
  );
  return message.reply?.startsWith('$JS.ACK.') ? deliveryOf(message, message.reply) : undefined;
}

function deliveryOf(message: Msg, reply: string): Delivery {
  const fields = reply.split('.');
  // A server with a domain inserts two more fields before the stream and one behind.
  const at = fields.length > 9 ? 4 : 2;
  const say = (text: string): void => void message.respond(text);
  return {
    data: message.data,
    subject: message.subject,
    count: Number(fields[at + 2]),
    storedMs: Number(fields[at + 5]) / NANOS,
    ack: () => say('+ACK'),
    giveBack: (pauseMs) => say(`-NAK {"delay": ${Math.round(pauseMs * NANOS)}}`),
    working: () => say('+WPI'),
  };
}
