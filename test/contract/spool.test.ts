/**
 * One suite over every SpoolFactory: files on disk, files that a team's stream has too, and the
 * fake that other tests use.
 */
import { deepEqual, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReplicatedSpools } from '../../daemon/adapters/nats/replicatedSpools';
import { openSessionStream, SessionSubjects } from '../../daemon/adapters/nats/sessionStream';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { FileSpools } from '../../daemon/adapters/store/spool/fileSpools';
import { FRAME_MS, FRAME_SAMPLES, type Frame, type Source } from '../../daemon/audio/frame';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { Spool, SpoolFactory } from '../../daemon/audio/spool';
import { BufferedSpools } from '../../daemon/speech/bufferedSpool';
import { MemorySpools } from '../../testing/fakes/memorySpool';
import { NatsServers, needNats } from '../../testing/processes/natsServers';

const frame = (source: Source, seq: number): Frame => ({
  source,
  seq,
  captureMs: seq * FRAME_MS + 0.5,
  pcm: new Int16Array(FRAME_SAMPLES).fill((seq * 7) % 30_000),
});
const seqs = (frames: readonly Frame[]): number[] => frames.map(({ seq }) => seq);
const synced = (spool: Spool, source: Source, seq: number): Promise<void> =>
  new Promise((resolve) => {
    const listening = spool.onDidSync((event) => {
      if (event.source !== source || event.seq < seq) return;
      listening.dispose();
      resolve();
    });
  });

interface Subject {
  readonly spools: SpoolFactory;
  end(): void;
}

function onDisk(clock: ManualClock): Subject {
  const folder = mkdtempSync(join(tmpdir(), 'earmark-spool-'));
  return {
    spools: new FileSpools({ folder: join(folder, 'spool'), clock, logger: silentLogger }),
    end: () => rmSync(folder, { recursive: true }),
  };
}

let team: { readonly servers: NatsServers; readonly bus: TeamBus } | undefined;
let organisations = 0;

const subjects: Readonly<
  Record<
    string,
    {
      readonly make: (clock: ManualClock) => Subject;
      readonly begin?: (context: Mocha.Context) => Promise<void>;
      readonly end?: () => Promise<void>;
    }
  >
> = {
  memory: { make: (clock) => ({ spools: new MemorySpools(clock), end: () => undefined }) },
  'steady over memory': {
    make: (clock) => ({
      spools: new BufferedSpools({ spools: new MemorySpools(clock), clock, logger: silentLogger }),
      end: () => undefined,
    }),
  },
  files: { make: onDisk },
  'files and a JetStream': {
    begin: async (context) => {
      const servers = await NatsServers.start(needNats(context));
      team = {
        servers,
        bus: await openBus({
          servers: servers.url,
          name: 'test',
          replicas: 1,
          logger: silentLogger,
        }),
      };
      await openSessionStream(team.bus);
    },
    make: (clock) => {
      const { spools, end } = onDisk(clock);
      return {
        spools: new ReplicatedSpools(
          spools,
          team?.bus as TeamBus,
          clock,
          new SessionSubjects(`o${organisations}`),
          `server${organisations++}`,
        ),
        end,
      };
    },
    end: async () => {
      await team?.bus.close();
      await team?.servers.stop();
      team = undefined;
    },
  },
};

for (const [name, { make, begin, end }] of Object.entries(subjects)) {
  describe(`spool: ${name}`, function () {
    this.timeout(20_000);
    before(async function () {
      await begin?.(this);
    });
    after(() => end?.());
    let clock: ManualClock;
    let subject: Subject;
    let spool: Spool;
    beforeEach(() => {
      clock = new ManualClock();
      subject = make(clock);
      spool = subject.spools.open('a');
    });
    afterEach(() => {
      spool.dispose();
      subject.end();
    });

    /** Where it waits for other machines it is told later. */
    async function force(source: Source, seq: number): Promise<void> {
      const reported = synced(spool, source, seq);
      spool.sync();
      if (spool.durableSeq(source) < seq) await reported;
    }

    it('gives back the frames it took, each source by itself', () => {
      for (let seq = 0; seq < 4; seq++)
        for (const source of ['mic', 'system'] as const) spool.append(frame(source, seq));
      deepEqual(
        {
          mic: spool.read('mic', 1, 2),
          system: seqs(spool.read('system', 3, 9)),
          none: spool.read('file', 0, 9),
        },
        { mic: [frame('mic', 1), frame('mic', 2)], system: [3], none: [] },
      );
    });

    it('has everything on disk after 200 ms, and says so', async () => {
      spool.append(frame('mic', 0));
      spool.append(frame('mic', 1));
      const before = spool.durableSeq('mic');
      const reported = synced(spool, 'mic', 1);
      clock.advance(200);
      await reported;
      deepEqual(
        { before, after: spool.durableSeq('mic'), other: spool.durableSeq('system') },
        { before: -1, after: 1, other: -1 },
      );
    });

    it('has everything on disk when it is told to, and says so', async () => {
      spool.append(frame('mic', 0));
      await force('mic', 0);
      deepEqual(spool.durableSeq('mic'), 0);
    });

    it('passes over a frame that it has', () => {
      for (const seq of [0, 1, 1, 0, 2]) spool.append(frame('mic', seq));
      deepEqual(seqs(spool.read('mic', 0, 9)), [0, 1, 2]);
    });

    it('keeps a hole a hole', () => {
      for (const seq of [0, 1, 5, 6]) spool.append(frame('mic', seq));
      deepEqual(
        {
          all: seqs(spool.read('mic', 0, 9)),
          after: seqs(spool.read('mic', 2, 1)),
          range: spool.range('mic'),
        },
        { all: [0, 1, 5, 6], after: [5], range: { firstSeq: 0, lastSeq: 6 } },
      );
    });

    it('forgets what is released, and knows how far it came', async () => {
      for (let seq = 0; seq < 4000; seq++) spool.append(frame('mic', seq));
      for (let seq = 0; seq < 3; seq++) spool.append(frame('system', seq));
      await force('mic', 3999);
      spool.release('mic', 4000);
      spool.release('system', 1);
      deepEqual(
        {
          mic: spool.range('mic'),
          system: spool.range('system'),
          read: seqs(spool.read('mic', 0, 9)),
          durable: spool.durableSeq('mic'),
        },
        { mic: undefined, system: { firstSeq: 1, lastSeq: 2 }, read: [], durable: 3999 },
      );
    });

    it('has it all after a restart', () => {
      for (let seq = 0; seq < 2000; seq++)
        for (const source of ['mic', 'system'] as const) spool.append(frame(source, seq));
      spool.dispose();
      spool = subject.spools.open('a');
      for (const seq of [1999, 2000]) spool.append(frame('mic', seq));
      deepEqual(
        {
          list: subject.spools.list(),
          durable: [spool.durableSeq('mic'), spool.durableSeq('system')],
          across: spool.read('mic', 1570, 30),
          end: seqs(spool.read('mic', 1998, 9)),
          range: spool.range('system'),
        },
        {
          list: ['a'],
          durable: [1999, 1999],
          across: Array.from({ length: 30 }, (_, i) => frame('mic', 1570 + i)),
          end: [1998, 1999, 2000],
          range: { firstSeq: 0, lastSeq: 1999 },
        },
      );
    });

    it('remembers after a restart how far a source came whose frames are gone', async () => {
      for (let seq = 0; seq < 10; seq++) spool.append(frame('system', seq));
      for (let seq = 0; seq < 4000; seq++) spool.append(frame('mic', seq));
      await Promise.all([force('system', 9), force('mic', 3999)]);
      spool.release('system', 10);
      spool.release('mic', 4000);
      spool.dispose();
      spool = subject.spools.open('a');
      deepEqual(
        { mic: spool.durableSeq('mic'), system: spool.durableSeq('system') },
        { mic: 3999, system: 9 },
      );
    });

    it('is gone when it is removed', () => {
      spool.append(frame('mic', 0));
      spool.remove();
      throws(() => spool.append(frame('mic', 1)), { code: 'store.unwritable' });
      deepEqual(subject.spools.list(), []);
      subject.spools.open('b').dispose();
      subject.spools.remove('b');
      subject.spools.remove('never');
      deepEqual(subject.spools.list(), []);
    });
  });
}

describe('spools of a team, at another server', function () {
  this.timeout(20_000);
  before(async function () {
    await subjects['files and a JetStream']?.begin?.(this);
  });
  after(() => subjects['files and a JetStream']?.end?.());

  it('have every frame that was told to be kept, and none of a session that is over', async () => {
    const clock = new ManualClock();
    const [here, there] = [onDisk(clock), onDisk(clock)];
    const bus = team?.bus as TeamBus;
    const subjectsOf = new SessionSubjects('both');
    const [first, second] = [
      new ReplicatedSpools(here.spools, bus, clock, subjectsOf, 'here'),
      new ReplicatedSpools(there.spools, bus, clock, subjectsOf, 'there'),
    ];
    const spool = first.open('a');
    for (let seq = 0; seq < 450; seq++) spool.append(frame('mic', seq));
    const reported = synced(spool, 'mic', 449);
    spool.sync();
    await reported;
    spool.dispose();
    await second.restore('a', ['mic', 'system']);
    const taken = second.open('a');
    deepEqual(
      {
        range: taken.range('mic'),
        durable: taken.durableSeq('mic'),
        seqs: seqs(taken.read('mic', 0, 1_000)),
        one: taken.read('mic', 449, 1),
        other: taken.range('system'),
      },
      {
        range: { firstSeq: 0, lastSeq: 449 },
        durable: 449,
        seqs: Array.from({ length: 450 }, (_, i) => i),
        one: [frame('mic', 449)],
        other: undefined,
      },
    );
    taken.remove();
    const none = async (): Promise<boolean> => {
      await first.restore('a', ['mic']);
      return first.open('a').range('mic') === undefined;
    };
    for (let tries = 0; !(await none()); tries++)
      if (tries > 100) throw new Error('The sound of a session that is over stays.');
    for (const { end } of [here, there]) end();
  });
});
