/** Pushing audio: what is in flight, what is kept, what is sent again, when it is over. */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createFramePusher } from '../../../client';
import { FRAME_SAMPLES } from '../../../protocol/audio';
import { EarmarkError } from '../../../protocol/errors';
import { FakeConnection, FakeSession, settle, type Answer } from './fakeConnection';

const frames = (n: number, value = 0) => new Int16Array(n * FRAME_SAMPLES).fill(value);
const NEVER_ON_DISK: Answer = (method) => (method === 'audio/push' ? { ackSeq: -1 } : {});

describe('frame pusher', () => {
  function setup(answer: Answer = NEVER_ON_DISK, maxFrames?: number) {
    const connection = new FakeConnection(answer);
    const session = new FakeSession();
    const pusher = createFramePusher(connection.connection, session.subscription, {
      source: 'file',
      ...(maxFrames === undefined ? {} : { maxFrames }),
    });
    /** `seq+frames` of every push. */
    const pushes = () =>
      connection.asked
        .filter((a) => a.method === 'audio/push')
        .map(
          (a) =>
            `${String(a.params['seq'])}+${Buffer.from(String(a.params['pcm']), 'base64').length / 640}`,
        );
    return { connection, session, pusher, pushes };
  }

  it('cuts whole frames from whatever comes, and keeps the rest', async () => {
    const { pusher, pushes, connection } = setup();
    pusher.write(new Int16Array(100));
    await settle();
    const before = pushes();
    pusher.write(new Int16Array(541));
    await settle();
    deepEqual(
      { before, after: pushes(), clock: connection.asked.map((a) => a.params['captureMs']) },
      { before: [], after: ['0+2'], clock: [0] },
    );
  });

  it('sends samples as s16le', async () => {
    const { pusher, connection } = setup();
    pusher.write(frames(1, -2));
    await settle();
    deepEqual(
      [...Buffer.from(String(connection.asked[0]?.params['pcm']), 'base64').subarray(0, 4)],
      [0xfe, 0xff, 0xfe, 0xff],
    );
  });

  it('keeps at most 10 s unacknowledged, 2 s in a message', async () => {
    const { pusher, pushes, connection } = setup();
    pusher.write(frames(900));
    await settle();
    const window = pushes();
    connection.ack(149);
    await settle();
    deepEqual(
      {
        window,
        after: pushes().slice(window.length),
        waiting: pusher.bufferedMs,
        acknowledged: pusher.acknowledged,
      },
      {
        window: ['0+100', '100+100', '200+100', '300+100', '400+100'],
        after: ['500+100', '600+50'],
        waiting: 750 * 20,
        acknowledged: 150,
      },
    );
  });

  it('sends again from the first frame that is not on disk when the connection is back', async () => {
    const { pusher, pushes, connection, session } = setup();
    pusher.write(frames(300));
    await settle();
    connection.ack(99);
    connection.lose();
    pusher.write(frames(10));
    await settle();
    const before = pushes().length;
    connection.comeBack();
    pusher.write(frames(1));
    await settle();
    const tooEarly = pushes().length - before;
    session.attached(120);
    await settle();
    deepEqual(
      {
        tooEarly,
        again: pushes().slice(before),
        acknowledged: pusher.acknowledged,
        dropped: pusher.dropped,
      },
      { tooEarly: 0, again: ['120+100', '220+91'], acknowledged: 120, dropped: 0 },
    );
  });

  it('lets the oldest go, counted, when the daemon is away too long', async () => {
    const { pusher, pushes, connection, session } = setup(NEVER_ON_DISK, 200);
    connection.lose();
    pusher.write(frames(250));
    connection.comeBack();
    session.attached(0);
    await settle();
    deepEqual(
      { sent: pushes(), dropped: pusher.dropped },
      { sent: ['50+100', '150+100'], dropped: 50 },
    );
  });

  it('waits when the daemon asks for patience, and loses nothing', async () => {
    let busy = true;
    const { pusher, pushes } = setup((method) => {
      if (method !== 'audio/push') return {};
      if (!busy) return { ackSeq: 99 };
      busy = false;
      throw new EarmarkError('audio.tooFast', 'Wait.', { retryAfterMs: 5 });
    });
    pusher.write(frames(100));
    await settle();
    await new Promise((r) => setTimeout(r, 20));
    deepEqual(
      { sent: pushes(), waiting: pusher.bufferedMs },
      { sent: ['0+100', '0+100'], waiting: 0 },
    );
  });

  it('ends when all is on disk, with the last frame filled up', async () => {
    const { pusher, pushes, connection } = setup();
    pusher.write(new Int16Array(FRAME_SAMPLES + 7).fill(9));
    let ended = false;
    const end = pusher.end().then(() => (ended = true));
    await settle();
    const before = ended;
    connection.ack(1);
    await end;
    const last = new Int16Array(
      Uint8Array.from(Buffer.from(String(connection.asked[1]?.params['pcm']), 'base64')).buffer,
    );
    deepEqual(
      {
        before,
        pushes: pushes(),
        filled: [last[6], last[7]],
        methods: connection.asked.map((a) => a.method).at(-1),
      },
      { before: false, pushes: ['0+1', '1+1'], filled: [9, 0], methods: 'audio/end' },
    );
  });

  it('ends at once when nothing was written, and twice without complaint', async () => {
    const { pusher, connection } = setup();
    await pusher.end();
    await pusher.end();
    deepEqual(
      connection.asked.map((a) => a.method),
      ['audio/end'],
    );
  });

  it('fails for good when the daemon refuses the audio', async () => {
    const { pusher } = setup(() => {
      throw new EarmarkError('audio.afterStop', 'The session has ended.');
    });
    const errors: string[] = [];
    pusher.onDidFail((e) => errors.push(e.code));
    pusher.write(frames(2));
    await settle();
    pusher.write(frames(2));
    await rejects(pusher.end(), { code: 'audio.afterStop' });
    deepEqual(errors, ['audio.afterStop']);
  });

  it('fails when the session is lost, the connection gives up, or it is disposed while somebody waits', async () => {
    const codes: string[] = [];
    for (const end of ['lost', 'giveUp', 'dispose'] as const) {
      const { pusher, session, connection } = setup();
      pusher.write(frames(2));
      const ended = pusher.end().catch((e: EarmarkError) => void codes.push(e.code));
      await settle();
      if (end === 'lost') session.lost(new EarmarkError('session.notFound', 'Gone.'));
      else if (end === 'giveUp') connection.giveUp();
      else pusher.dispose();
      await ended;
    }
    deepEqual(codes, ['session.notFound', 'daemon.startFailed', 'rpc.cancelled']);
  });

  it('tells a fast source when to go on', async () => {
    const { pusher, connection } = setup();
    pusher.write(frames(400));
    let ready = false;
    const waiting = pusher.whenReady(4_000).then(() => (ready = true));
    await settle();
    const before = ready;
    connection.ack(250);
    await waiting;
    equal(before, false);
  });
});
