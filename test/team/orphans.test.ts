// A gateway is killed whose client never comes back: another one finishes the session, and nothing
// of it stays in the stream.
import { deepEqual } from 'node:assert/strict';
import { createConnection, createFramePusher } from '../../client';
import { SESSIONS } from '../../daemon/adapters/nats/sessionStream';
import { openBus } from '../../daemon/adapters/nats/teamBus';
import { silentLogger } from '../../daemon/base/logger';
import { SessionGet } from '../../protocol/session';
import { say } from '../../testing/harness/sessionHarness';
import { until } from '../../testing/processes/daemonProcess';
import { FIRST_WORD } from '../../testing/processes/teamClient';
import { TeamDeployment } from '../../testing/processes/teamPlace';

describe('a session whose server died and whose client does not come back', function () {
  this.timeout(90_000);
  let place: TeamDeployment;
  before(async function () {
    place = await TeamDeployment.start(this, {
      database: true,
      gateways: 2,
      workers: 1,
      env: { EARMARK_TEST_GRACE_MS: '2000' },
    });
  });
  after(() => place?.stop());

  it('is finished and kept with all that was acknowledged', async () => {
    const [first, second] = place.gateways;
    if (!first || !second) throw new Error('There are two.');
    const words = Array.from({ length: 8 }, (_, i) => i + FIRST_WORD);
    await place.leaveOut(second);
    const options = {
      stateDir: '/nowhere',
      client: { name: 'test', version: '0' },
      timeoutMs: 5_000,
      remote: place.client,
    };
    const gone = createConnection(options);
    const subscription = await gone.start(
      {
        kind: 'file',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        partials: false,
        insights: false,
      },
      () => undefined,
    );
    const pusher = createFramePusher(gone, subscription, { source: 'mic' });
    pusher.write(say(...words));
    await until(() => pusher.bufferedMs === 0, 'all of it is acknowledged', 20_000);
    await first.kill('SIGKILL');
    pusher.dispose();
    gone.dispose();
    await place.leaveOut(first);
    await place.sendTo(second);
    const later = createConnection(options);
    const bus = await openBus({
      servers: place.nats.url,
      name: 'test',
      replicas: 1,
      logger: silentLogger,
    });
    try {
      const get = (): ReturnType<typeof later.request<typeof SessionGet>> =>
        later.request(SessionGet, { sessionId: subscription.sessionId });
      let seen = await get();
      for (
        const end = Date.now() + 40_000;
        seen.session.state !== 'DONE' && Date.now() < end;
        seen = await get()
      )
        await new Promise((resolve) => setTimeout(resolve, 200));
      deepEqual(
        { state: seen.session.state, words: seen.segments.map(({ text }) => text) },
        { state: 'DONE', words: words.map((n) => `w${n}`) },
      );
      // What is purged goes a moment after the session is over.
      const left = async (): Promise<number> =>
        (await bus.jsm.streams.info(SESSIONS)).state.messages;
      for (const end = Date.now() + 10_000; (await left()) > 0 && Date.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 100));
      deepEqual(await left(), 0);
    } finally {
      later.dispose();
      await bus.close();
    }
  });
});
