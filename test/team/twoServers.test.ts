// What clients at two servers of a team see of each other: one session, and one limit on audio.
import { deepEqual, ok, rejects } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Connection,
  createConnection,
  createFramePusher,
  type StartParams,
} from '../../client';
import { AudioPush, FRAME_BYTES, FRAME_MS, PUSH_MAX_FRAMES } from '../../protocol/audio';
import { isEarmarkError } from '../../protocol/errors';
import { SessionAttach, SessionGet, type SessionEvent, SessionStop } from '../../protocol/session';
import { say } from '../../testing/harness/sessionHarness';
import { until } from '../../testing/processes/daemonProcess';
import { FIRST_WORD } from '../../testing/processes/teamClient';
import { TeamDeployment } from '../../testing/processes/teamPlace';

const RECORDING: StartParams = {
  kind: 'file',
  sources: [{ source: 'mic', origin: { type: 'push' } }],
  partials: false,
  insights: false,
};

function suite(
  name: string,
  env: Readonly<Record<string, string>>,
  tests: (connect: () => Promise<readonly [Connection, Connection]>) => void,
): void {
  describe(name, function () {
    this.timeout(90_000);
    let place: TeamDeployment;
    const connections: Connection[] = [];
    before(async function () {
      place = await TeamDeployment.start(this, { database: true, gateways: 2, workers: 1, env });
    });
    after(async () => {
      for (const connection of connections) connection.dispose();
      await place?.stop();
    });
    tests(async () => {
      const two = await Promise.all(
        place.gateways.map(async (gateway) =>
          createConnection({
            stateDir: '/nowhere',
            client: { name: 'test', version: '0' },
            timeoutMs: 20_000,
            remote: { url: await gateway.url(), token: place.client.token },
          }),
        ),
      );
      connections.push(...two);
      return two as [Connection, Connection];
    });
  });
}

suite('two clients of one session, at two servers', {}, (connect) => {
  it('have one server for it: the other one tells what is final, refuses to go on with it, and has it when it is over', async () => {
    const [own, other] = await connect();
    const [events, late]: [SessionEvent[], SessionEvent[]] = [[], []];
    const subscription = await own.start(RECORDING, (event) => void events.push(event));
    const { sessionId } = subscription;
    const pusher = createFramePusher(own, subscription, { source: 'mic' });
    pusher.write(say(FIRST_WORD));
    await until(() => events.some(({ kind }) => kind === 'final'), 'the first word is final');
    // It waits as long as it would for the lease of a server that died.
    await rejects(other.request(SessionAttach, { sessionId, afterSeq: 0 }), {
      code: 'rpc.timeout',
      message: 'Another server of the team has this session; try again in a moment.',
    });
    const meanwhile = (await other.request(SessionGet, { sessionId })).segments.map(
      ({ text }) => text,
    );
    pusher.write(say(FIRST_WORD + 1));
    await pusher.end();
    await own.request(SessionStop, { sessionId });
    await until(
      () => events.some((event) => event.kind === 'state' && event.to === 'DONE'),
      'the session is done',
    );
    const attached = await other.attach(sessionId, 0, (event) => void late.push(event));
    await until(
      () => late.some((event) => event.kind === 'state' && event.to === 'DONE'),
      'the other one is told',
    );
    const durable = (list: readonly SessionEvent[]): readonly SessionEvent[] =>
      list.filter((event) => 'seq' in event);
    deepEqual(
      { meanwhile, events: durable(late), dropped: pusher.dropped },
      { meanwhile: [`w${FIRST_WORD}`], events: durable(events), dropped: 0 },
    );
    for (const part of [pusher, subscription, attached]) part.dispose();
  });
});

const HOURS = 0.01;
const FRAMES = (HOURS * 3_600_000) / FRAME_MS;

suite(
  'a user with as much sound as a day allows, at two servers',
  { EARMARK_MAX_AUDIO_HOURS_PER_USER: String(HOURS) },
  (connect) => {
    it('has that much over both, and is told when to send the rest', async () => {
      const taken = await Promise.all(
        (await connect()).map(async (connection) => {
          const events: SessionEvent[] = [];
          const subscription = await connection.start(
            RECORDING,
            (event) => void events.push(event),
          );
          let frames = 0;
          for (;;) {
            try {
              await connection.request(AudioPush, {
                sessionId: subscription.sessionId,
                source: 'mic',
                seq: frames,
                captureMs: frames * FRAME_MS,
                pcm: Buffer.alloc(PUSH_MAX_FRAMES * FRAME_BYTES).toString('base64'),
              });
              frames += PUSH_MAX_FRAMES;
            } catch (error) {
              if (!isEarmarkError(error)) throw error;
              if (error.code === 'audio.overLimit') {
                const warned = (): boolean =>
                  events.some(
                    (event) => event.kind === 'warning' && event.code === 'audio.overLimit',
                  );
                await until(warned, 'the user is told');
                subscription.dispose();
                return { frames, waitMs: error.retryAfterMs ?? 0 };
              }
              if (error.code !== 'audio.tooFast') throw error;
              await delay(error.retryAfterMs ?? 50);
            }
          }
        }),
      );
      const sum = taken.reduce((total, { frames }) => total + frames, 0);
      // What a server has in hand beyond its last message the other one cannot have.
      ok(sum <= FRAMES && sum > FRAMES / 2, `${sum} of ${FRAMES} frames`);
      ok(
        taken.every(({ waitMs }) => waitMs > 0),
        'both are told when',
      );
    });
  },
);
