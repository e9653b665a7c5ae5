// A server that stood still while another one took its session: what it sends when it wakes is
// refused.
import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ReplicatedSpools } from '../../daemon/adapters/nats/replicatedSpools';
import {
  decodeFrames,
  messagesOf,
  openSessionStream,
  SESSIONS,
  SessionSubjects,
} from '../../daemon/adapters/nats/sessionStream';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { FileSpools } from '../../daemon/adapters/store/spool/fileSpools';
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../../daemon/audio/frame';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { Spool } from '../../daemon/audio/spool';
import type { AudioFallbackStore } from '../../daemon/team/ownership';
import { EarmarkError } from '../../protocol/errors';
import { until } from '../../testing/processes/daemonProcess';
import { NatsServers, needNats } from '../../testing/processes/natsServers';

const ID = 's1';
const frames = (from: number, to: number): Frame[] =>
  Array.from({ length: to - from }, (_, i) => ({
    source: 'mic',
    seq: from + i,
    captureMs: (from + i) * FRAME_MS,
    pcm: new Int16Array(FRAME_SAMPLES).fill(from + i),
  }));

describe('sound of a session that another server took', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'earmark-fence-'));
  const subjects = new SessionSubjects('ant');
  let servers: NatsServers;
  let bus: TeamBus;
  before(async function () {
    servers = await NatsServers.start(needNats(this));
    bus = await openBus({ servers: servers.url, name: 'test', replicas: 1, logger: silentLogger });
    await openSessionStream(bus);
  });
  after(async () => {
    await bus?.close();
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const server = (name: string, fallbackStore?: AudioFallbackStore): ReplicatedSpools =>
    new ReplicatedSpools(
      new FileSpools({ folder: join(folder, name), clock: systemClock, logger: silentLogger }),
      bus,
      systemClock,
      subjects,
      name,
      fallbackStore,
    );
  const kept = async (spool: Spool, seq: number): Promise<void> =>
    until(() => spool.durableSeq('mic') === seq, `frame ${seq} is kept`);
  const inStream = async (id = ID): Promise<number[]> => {
    const seqs: number[] = [];
    for await (const { data } of messagesOf(bus, subjects.audio(id, 'mic')))
      seqs.push(...decodeFrames('mic', data).map(({ seq }) => seq));
    return seqs;
  };

  it('is what the server sends that has it, and not what the one before sends late', async () => {
    const [old, next] = [server('old'), server('next')];
    const lost: string[] = [];
    old.onDidLose((id) => lost.push(id));
    const stale = old.open(ID);
    stale.append(...frames(0, 10));
    await kept(stale, 9);
    await next.restore(ID, ['mic']);
    // The old one wakes before the new one has sent anything.
    stale.append(...frames(10, 15));
    await until(() => lost.length > 0, 'the old one is told');
    const spool = next.open(ID);
    spool.append(...frames(10, 12));
    await kept(spool, 11);
    deepEqual(
      { lost, acknowledged: stale.durableSeq('mic'), inStream: await inStream() },
      { lost: [ID], acknowledged: 9, inStream: Array.from({ length: 12 }, (_, i) => i) },
    );
    for (const one of [stale, spool]) one.dispose();
  });

  it('goes on behind a message of its own whose answer was lost, and behind what was released', async () => {
    const own = server('own');
    await own.restore(ID, ['mic']);
    const spool = own.open(ID);
    const publish = bus.js.publish.bind(bus.js);
    let lose = 1;
    bus.js.publish = async (...args) => {
      const answer = await publish(...args);
      if (lose-- > 0) throw new Error('timeout');
      return answer;
    };
    try {
      spool.append(...frames(12, 20));
      // More comes meanwhile, so the message that follows is another one.
      await delay(150);
      spool.append(...frames(20, 25));
      await kept(spool, 24);
    } finally {
      bus.js.publish = publish;
    }
    spool.release('mic', 25);
    await until(() => lose < 0, 'an answer was lost');
    await delay(2_500);
    spool.append(...frames(25, 27));
    await kept(spool, 26);
    deepEqual(
      (await inStream()).filter((seq) => seq >= 25),
      [25, 26],
    );
    spool.dispose();
  });

  describe('while the stream takes none', () => {
    const count = (to: number): number[] => Array.from({ length: to }, (_, i) => i);
    /** Pieces by their last frame. */
    const pieces = new Map<number, Uint8Array>();
    const fallbackStore: AudioFallbackStore = {
      putAudio: async (_id, _source, lastSeq, bytes) => void pieces.set(lastSeq, bytes),
      audio: async () => [...pieces.values()],
      releaseAudio: async (_id, _source, through) =>
        [...pieces.keys()].filter((seq) => seq <= through).forEach((seq) => pieces.delete(seq)),
    };
    const refused =
      (publish: TeamBus['js']['publish']): TeamBus['js']['publish'] =>
      (subject, ...rest) =>
        subject.includes('.audio.')
          ? Promise.reject(new Error('no leader'))
          : publish(subject, ...rest);
    let publish: TeamBus['js']['publish'];
    beforeEach(() => {
      pieces.clear();
      publish = bus.js.publish.bind(bus.js);
    });
    afterEach(() => void (bus.js.publish = publish));

    /** Ten frames are in the stream, five more came when it took none. */
    const inOutage = async (name: string, id: string): Promise<Spool> => {
      const spool = server(name, fallbackStore).open(id);
      spool.append(...frames(0, 10));
      await kept(spool, 9);
      bus.js.publish = refused(publish);
      spool.append(...frames(10, 15));
      await kept(spool, 14);
      return spool;
    };

    it('is kept in the refuge, and goes from there when the stream has it', async () => {
      const spool = await inOutage('patient', 's2');
      spool.append(...frames(15, 20));
      await kept(spool, 19);
      const refuged = [...pieces.values()].flatMap((piece) =>
        decodeFrames('mic', piece).map(({ seq }) => seq),
      );
      bus.js.publish = publish;
      await until(() => pieces.size === 0, 'the refuge is empty');
      deepEqual(
        { refuged, durable: spool.durableSeq('mic'), inStream: await inStream('s2') },
        { refuged: count(20).slice(10), durable: 19, inStream: count(20) },
      );
      spool.dispose();
    });

    it('is kept in the refuge before the stream is given up', async () => {
      const spool = server('waiting', fallbackStore).open('s6');
      spool.append(...frames(0, 10));
      await kept(spool, 9);
      // As of a stream without a leader, which says nothing.
      bus.js.publish = async (_subject, _data, options) => {
        await delay(options?.timeout ?? 0);
        throw new Error('timeout');
      };
      const begun = performance.now();
      spool.append(...frames(10, 15));
      await kept(spool, 14);
      const keptMs = performance.now() - begun;
      bus.js.publish = publish;
      await until(() => pieces.size === 0, 'the refuge is empty');
      deepEqual(
        { soon: keptMs < 900, inStream: await inStream('s6') },
        { soon: true, inStream: count(15) },
      );
      spool.dispose();
    });

    // As where a node leads that never had the last messages, or none at all.
    for (const what of ['the last message', 'every message']) {
      it(`is sent again where the stream has lost ${what}`, async () => {
        const [id, filter] = [
          what.replace(/ /g, '-'),
          subjects.audio(what.replace(/ /g, '-'), 'mic'),
        ];
        const spool = server('robbed', fallbackStore).open(id);
        spool.append(...frames(0, 5));
        await kept(spool, 4);
        spool.append(...frames(5, 10));
        await kept(spool, 9);
        if (what === 'every message') await bus.jsm.streams.purge(SESSIONS, { filter });
        else
          await bus.jsm.streams.deleteMessage(
            SESSIONS,
            (await bus.jsm.streams.getMessage(SESSIONS, { last_by_subj: filter }))?.seq ?? 0,
          );
        deepEqual(await inStream(id), count(what === 'every message' ? 0 : 5));
        spool.append(...frames(10, 15));
        await kept(spool, 14);
        // Whoever reads it takes each frame once; nats-server 2.9 knows no last message of a
        // subject when one was deleted.
        const there = async (): Promise<number[]> => [...new Set(await inStream(id))];
        for (let tries = 0; tries < 100 && (await there()).length < 15; tries++) await delay(50);
        deepEqual(
          { durable: spool.durableSeq('mic'), inStream: await there() },
          { durable: 14, inStream: count(15) },
        );
        spool.dispose();
      });
    }

    it("is another server's where the refuge says so, though the stream says nothing", async () => {
      const overtaken = new EarmarkError('store.unwritable', 'Another server goes on with it.', {
        details: { overtaken: true },
      });
      const spools = server('late', {
        ...fallbackStore,
        putAudio: () => Promise.reject(overtaken),
      });
      const lost: string[] = [];
      spools.onDidLose((id) => lost.push(id));
      const spool = spools.open('s5');
      spool.append(...frames(0, 5));
      await kept(spool, 4);
      await bus.jsm.streams.purge(SESSIONS, { filter: subjects.audio('s5', 'mic') });
      spool.append(...frames(5, 10));
      await until(() => lost.length > 0, 'it is told');
      deepEqual({ lost, inStream: await inStream('s5') }, { lost: ['s5'], inStream: [] });
      spool.dispose();
    });

    it('is all there at the server that takes the session, and in the stream', async () => {
      const spool = await inOutage('first', 's3');
      spool.dispose();
      bus.js.publish = publish;
      const next = server('second', fallbackStore);
      await next.restore('s3', ['mic']);
      const taken = next.open('s3');
      taken.append(...frames(15, 18));
      await kept(taken, 17);
      deepEqual(
        {
          left: pieces.size,
          seqs: taken.read('mic', 0, 99).map(({ seq }) => seq),
          audio: taken.read('mic', 12, 1)[0]?.pcm[0],
          inStream: await inStream('s3'),
        },
        { left: 0, seqs: count(18), audio: 12, inStream: count(18) },
      );
      taken.dispose();
    });
  });
});
