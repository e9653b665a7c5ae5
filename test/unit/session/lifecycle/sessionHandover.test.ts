/**
 * Sessions that several servers share: given up at the end of one, taken by the next, cleared away
 * where nobody comes.
 */
import { deepEqual } from 'node:assert/strict';
import { Emitter } from '../../../../daemon/base/emitter';
import type { Ownership } from '../../../../daemon/session/contract/ownership';
import { Harness, say, settle } from '../../../../testing/harness/sessionHarness';

class Owners implements Ownership {
  readonly log: string[] = [];
  private readonly held = new Set<string>();
  private readonly lost = new Emitter<string>();
  readonly onDidLose = this.lost.event;
  /** What a take waits for. */
  taken: Promise<void> = Promise.resolve();

  async take(id: string): Promise<void> {
    if (this.held.has(id)) return;
    this.held.add(id);
    this.log.push(`take ${id}`);
    await this.taken;
  }

  giveUp(id: string): Promise<void> {
    this.held.delete(id);
    return Promise.resolve(void this.log.push(`give up ${id}`));
  }

  over(id: string): void {
    this.log.push(`over ${id}`);
  }

  drain(): void {
    this.log.push('drain');
  }
}

describe('sessions that servers share', () => {
  let owners: Owners;
  let h: Harness;
  beforeEach(() => {
    owners = new Owners();
    h = new Harness({}, owners);
  });
  afterEach(() => h.dispose());

  it('are given up as they are, and go on where they stood at who is asked for them', async () => {
    const id = await h.pushed();
    const next = h.push(id, 'file', 0, say(5, 6));
    await h.pass(1_000);
    const moved: string[] = [];
    h.manager.onDidMove((one) => moved.push(one));
    await h.manager.shutdown(10_000, 'shutdown');
    await h.restart();
    const { sources } = await h.manager.attach(id, 0, () => undefined);
    h.push(id, 'file', sources[0]?.nextSeq ?? 0, say(7));
    await h.manager.endSource(id, 'file');
    void h.manager.stop(id, 'test').catch(() => undefined);
    await h.pass(5_000);
    deepEqual(
      { texts: await h.texts(id), log: owners.log, moved, nextSeq: sources[0]?.nextSeq },
      {
        texts: ['w5', 'w6', 'w7'],
        log: ['drain', `give up ${id}`, `take ${id}`],
        moved: [id],
        nextSeq: next,
      },
    );
  });

  it('are given up too where they were being taken when the end came', async () => {
    const id = await h.pushed();
    h.push(id, 'file', 0, say(5));
    await h.pass(1_000);
    await h.restart();
    let arrive = (): void => undefined;
    owners.taken = new Promise((resolve) => (arrive = resolve));
    const attached = h.manager.attach(id, 0, () => undefined);
    await settle();
    const ended = h.manager.shutdown(10_000, 'shutdown');
    arrive();
    await Promise.all([attached, ended]);
    deepEqual(owners.log, [`take ${id}`, 'drain', `give up ${id}`]);
  });

  it('are left to whoever is asked for them where a server died with their sound and starts again', async () => {
    const id = await h.pushed();
    h.push(id, 'file', 0, say(5));
    await h.pass(1_000);
    await h.restart();
    await h.pass(60_000);
    deepEqual(owners.log, []);
    await h.manager.attach(id, 0, () => undefined);
    deepEqual(owners.log, [`take ${id}`]);
  });

  it('are finished where nobody comes, and cleared away where they never began', async () => {
    const open = await h.pushed();
    h.push(open, 'file', 0, say(5));
    await h.pass(1_000);
    const record = await h.store.getSession(open);
    if (!record) throw new Error('It was stored.');
    await h.store.createSession({ ...record, id: 'never', state: 'IDLE' });
    await h.restart();
    const finished = ['never', open, 'gone'].map((id) => h.manager.finish(id));
    await h.pass(5_000);
    await Promise.all(finished);
    deepEqual(
      {
        states: [(await h.store.getSession(open))?.state, await h.store.getSession('never')],
        texts: await h.texts(open),
        over: owners.log.filter((entry) => entry.startsWith('over')),
      },
      { states: ['DONE', undefined], texts: ['w5'], over: ['over gone'] },
    );
  });
});
