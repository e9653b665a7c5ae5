/**
 * Recordings kept for a daemon elsewhere: numbered, handed on once they are on disk, one holder,
 * bounded room, gone only when confirmed or discarded.
 */
import { deepEqual, throws } from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UploadFiles } from '../../../daemon/adapters/store/spool/uploadFiles';
import type { Frame } from '../../../daemon/audio/frame';
import { FrameChain } from '../../../daemon/audio/frameChain';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { UploadRecord } from '../../../daemon/uploads/ports';
import { Uploads } from '../../../daemon/uploads/uploads';
import { transcribeHere } from '../../../daemon/uploads/transcribeHere';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { MemorySpools } from '../../../testing/fakes/memorySpool';
import { say, settle } from '../../../testing/harness/sessionHarness';

const REQUEST = { remote: 'far:1', sessionId: 's', sources: [{ source: 'mic' }] } as const;
const SPOKEN = say(1, 2);
const FRAMES = SPOKEN.length / 320;

/** Frames of a recorder, whose clock is their number. */
const cut = (pcm: Int16Array, fromSeq = 0): readonly Frame[] =>
  Array.from({ length: pcm.length / 320 }, (_, i) => ({
    source: 'mic',
    seq: fromSeq + i,
    captureMs: (fromSeq + i) * 20,
    pcm: pcm.slice(i * 320, (i + 1) * 320),
  }));

describe('recordings kept for a daemon elsewhere', () => {
  const records = new Map<string, UploadRecord>();
  let clock: ManualClock;
  let spools: MemorySpools;
  let bytes: number;
  let room: number;
  let receivedFrames: { seq: number; frames: number }[];
  const make = (): Uploads =>
    new Uploads({
      records: {
        list: () => [...records.values()],
        write: (r) => void records.set(r.id, r),
        remove: (id) => void records.delete(id),
        bytes: () => bytes,
      },
      spools,
      clock,
      logger: silentLogger,
      newId: () => `u${records.size + 1}`,
      roomBytes: () => room,
    });
  let uploads: Uploads;
  beforeEach(() => {
    records.clear();
    clock = new ManualClock();
    spools = new MemorySpools(clock);
    bytes = 0;
    room = 1_000;
    receivedFrames = [];
    uploads = make();
  });

  const noteFrames = (frames: readonly Frame[]): void =>
    void receivedFrames.push({ seq: frames[0]?.seq ?? -1, frames: frames.length });
  const record = (fromSeq = 0): ReturnType<Uploads['recording']> =>
    uploads.recording('u1', 'mic', fromSeq, noteFrames);
  const total = (): number => receivedFrames.reduce((sum, { frames }) => sum + frames, 0);
  const truth = (samples = SPOKEN): { source: 'mic'; frames: number; digest: string } => {
    const chain = new FrameChain();
    for (let at = 0; at < samples.length; at += 320) chain.add(samples.subarray(at, at + 320));
    return { source: 'mic', ...chain.received };
  };
  async function turns<T>(work: Promise<T>): Promise<T> {
    for (let i = 0; i < 5; i++) {
      await settle();
      clock.advance(0);
    }
    return await work;
  }

  it('hands on whole frames, once they are on disk', async () => {
    uploads.open(REQUEST, {});
    const recording = record();
    recording.write(cut(SPOKEN.subarray(0, 960)));
    recording.write(cut(SPOKEN.subarray(960, 1280), 3));
    const before = receivedFrames.length;
    clock.advance(200);
    await settle();
    deepEqual({ before, receivedFrames }, { before: 0, receivedFrames: [{ seq: 0, frames: 4 }] });
    recording.write(cut(SPOKEN.subarray(1280, 1600), 4));
    recording.end();
    deepEqual(receivedFrames.at(-1), { seq: 4, frames: 1 });
  });

  it('is for one client at a time, and for the next when that is gone', () => {
    const [one, two] = [{}, {}];
    uploads.open(REQUEST, one);
    throws(
      () => uploads.open(REQUEST, two),
      (e) => isEarmarkError(e, 'session.wrongState'),
    );
    throws(
      () => uploads.discard('u1', two),
      (e) => isEarmarkError(e, 'session.wrongState'),
    );
    uploads.letGo(one);
    deepEqual(
      { id: uploads.open(REQUEST, two).id, count: uploads.list().length },
      { id: 'u1', count: 1 },
    );
    uploads.giveBack('u1', one);
    throws(
      () => uploads.open(REQUEST, one),
      (e) => isEarmarkError(e, 'session.wrongState'),
    );
    uploads.giveBack('u1', two);
    deepEqual(uploads.open(REQUEST, one).id, 'u1');
  });

  it('promise: an id that names no recording deletes nothing', () => {
    const home = mkdtempSync(join(tmpdir(), 'earmark-uploads-'));
    writeFileSync(join(home, 'config.json'), '{}');
    const files = new UploadFiles(join(home, 'uploads'));
    const gone = (e: unknown): boolean => isEarmarkError(e, 'session.notFound');
    for (const id of ['../config', '', '.', '../../etc/passwd', 'u9']) {
      throws(() => uploads.discard(id, {}), gone);
      if (id !== 'u9') throws(() => files.remove(id), gone);
    }
    deepEqual(readdirSync(home), ['config.json']);
    rmSync(home, { recursive: true });
  });

  it('promise: a copy stays until length and hash of every frame are confirmed', async () => {
    uploads.open(REQUEST, {});
    const recording = record();
    recording.write(cut(SPOKEN));
    recording.end();
    for (const [received, reported] of [
      [[], /differs from the local copy/],
      [[{ ...truth(), digest: '0'.repeat(64) }], /differs from the local copy/],
      [[truth(SPOKEN.subarray(0, 320 * 60))], /has 0 min of the 0 min/],
    ] as const) {
      const answer = await turns(uploads.settle('u1', received));
      deepEqual(
        {
          state: answer.state,
          reported: reported.test(answer.problem ?? ''),
          listed: uploads.list().map(({ state, held }) => ({ state, held })),
          audio: spools.list(),
        },
        {
          state: 'pending_verification',
          reported: true,
          listed: [{ state: 'pending_verification', held: false }],
          audio: ['u1'],
        },
      );
      uploads.open(REQUEST, {});
    }
    uploads.dispose();
    uploads = make();
    uploads.open(REQUEST, {});
    deepEqual(
      {
        sent: await turns(uploads.sent('u1')),
        answer: await turns(uploads.settle('u1', [truth()])),
        left: uploads.list(),
        audio: spools.list(),
      },
      { sent: [truth()], answer: { state: 'confirmed' }, left: [], audio: [] },
    );
  });

  it('goes on recording without a copy where there is no room, says so, and deletes nothing', async () => {
    records.set('old', {
      id: 'old',
      remote: 'far:1',
      sessionId: 'before',
      startedAt: '2020-01-01T00:00:00Z',
      sources: [{ source: 'mic' }],
      state: 'pending_verification',
      ended: true,
    });
    bytes = 600;
    uploads.open(REQUEST, {});
    const recording = uploads.recording('u2', 'mic', 0, noteFrames);
    recording.write(cut(SPOKEN));
    deepEqual(
      {
        frames: total(),
        reported: records.get('u2')?.problem?.includes('used up'),
        old: records.has('old'),
      },
      { frames: FRAMES, reported: true, old: true },
    );
    deepEqual(await turns(uploads.settle('u2', [truth()])), { state: 'confirmed' });
    room = 1e9;
    uploads.open({ ...REQUEST, sessionId: 'next' }, {});
    uploads.recording('u2', 'mic', 0, () => undefined).write(cut(SPOKEN));
    deepEqual(records.get('u2')?.problem, undefined);
  });

  it('is transcribed here, waits where that is too fast, and stays where it fails, with its session ended', async () => {
    for (const fails of [true, false]) {
      uploads.open(REQUEST, uploads);
      const recording = record();
      for (let i = 0; i < 3; i++) recording.write(cut(SPOKEN, i * FRAMES));
      recording.end();
      uploads.letGo(uploads);
      const calls: string[] = [];
      const answers = [
        undefined,
        new EarmarkError('audio.tooFast', 'Wait.'),
        fails ? new EarmarkError('session.notFound', 'Gone.') : undefined,
      ];
      const sessions = {
        start: async () => ({ session: { record: { id: 's1' } } }),
        push: async (_id: string, _source: string, seq: number) => {
          calls.push(`push ${seq}`);
          const error = answers.shift();
          if (error) throw error;
        },
        stop: async (_id: string, cause: string) => void calls.push(cause),
        whenEnded: async () => 'DONE',
      } as unknown as Parameters<typeof transcribeHere>[2];
      const id = await transcribeHere(uploads, 'u1', sessions, clock);
      for (let i = 0; i < 5; i++) {
        await settle();
        clock.advance(200);
      }
      deepEqual(
        { id, first: calls.slice(0, 3), end: calls.at(-1), left: uploads.list().length },
        {
          id: 's1',
          first: ['push 0', 'push 100', 'push 100'],
          end: fails ? 'upload.failed' : 'upload.transcribed',
          left: fails ? 1 : 0,
        },
      );
    }
  });

  it('numbers on from what the other side has where that is more, and can then not be confirmed', async () => {
    uploads.open(REQUEST, {});
    deepEqual(record(7).seq, 7);
    const recording = record(7);
    recording.write(cut(SPOKEN, 7));
    recording.end();
    deepEqual(
      {
        first: receivedFrames[0]?.seq,
        state: (await turns(uploads.settle('u1', [truth()]))).state,
      },
      { first: 7, state: 'pending_verification' },
    );
  });
});
