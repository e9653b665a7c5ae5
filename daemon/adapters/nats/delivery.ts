/**
 * One message that a consumer was given, with the words it may say about it (JetStream's
 * acknowledgement protocol, ADR-15).
 */
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { NANOS } from './teamBus';

export interface Delivery {
  readonly data: Uint8Array;
  readonly subject: string;
  /** 1 the first time. */
  readonly count: number;
  /** When it was stored, milliseconds since the epoch by the server's clock. */
  readonly storedMs: number;
  /** It is done and goes. */
  ack(): void;
  /** Somebody else shall have it, after a pause. */
  giveBack(pauseMs: number): void;
  /** It is being worked on: the wait for an acknowledgement begins anew. */
  working(): void;
}

/**
 * Asks one consumer for one message, without waiting for one to come.
 * @returns undefined when it has none; @throws where it does not answer, which is also so when
 * there is no such consumer
 */
export async function pull(
  nc: NatsConnection,
  stream: string,
  consumer: string,
  timeoutMs: number,
): Promise<Delivery | undefined> {
  // The message comes under its own subject, so a subscription of its own has to take it.
  const message = await nc.request(
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
    JSON.stringify({ batch: 1, no_wait: true }),
    { timeout: timeoutMs, noMux: true },
  );
  return message.reply?.startsWith('$JS.ACK.') ? deliveryOf(message, message.reply) : undefined;
}

function deliveryOf(message: Msg, reply: string): Delivery {
  const fields = reply.split('.');
  // A server with a domain puts two more fields before the stream and one behind.
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
