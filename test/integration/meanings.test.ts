/**
 * Search by meaning with the real sentence model and database: what words miss, and that vectors go
 * with their words.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SentenceEncoder } from '../../daemon/adapters/inference/embeddings/sentenceEncoder';
import type { LibsqlStore } from '../../daemon/adapters/store/libsqlStore';
import { openStore } from '../../daemon/adapters/store/openStore';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { DurableEvent, SessionRecord } from '../../daemon/session/contract/events';
import { joinRanks, Meanings } from '../../daemon/session/insights/meanings';
import type { SentenceEmbedder } from '../../daemon/session/contract/meanings';
import type { SearchHit } from '../../daemon/session/contract/search';
import type { Segment } from '../../daemon/transcript/types';
import { inPlace } from '../../testing/fakes/inPlaceStore';
import { skip } from '../../testing/harness/skip';

const model = resolve(__dirname, '../../../shared/models/minilm');
const SAID = [
  ['s1', 'Ana', 'We should postpone the release until the tests pass again.'],
  ['s2', 'Ben', 'The login page throws an exception when the password is empty.'],
  ['s3', 'Ana', 'I will bring cake for the birthday party tomorrow.'],
  ['s4', 'Ben', 'Our customers complain that the search takes several seconds.'],
  ['s5', 'Ana', 'Yes, exactly.'],
] as const;

describe('search by meaning', function () {
  this.timeout(60_000);
  const encoder = new SentenceEncoder();
  let home: string;
  let store: LibsqlStore;
  let meanings: Meanings;
  let installed: boolean;
  let asked: string[][];

  before(async function () {
    if (!existsSync(model)) skip(this, '../shared/models/minilm is not there');
    await encoder.load({
      id: 'minilm-l6-v2',
      files: { model: join(model, 'model-int8.onnx'), tokenizer: join(model, 'tokenizer.json') },
    });
  });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'earmark-meanings-'));
    store = openStore({ file: join(home, 'earmark.db') }).store;
    [installed, asked] = [true, []];
    const embedder: SentenceEmbedder = {
      available: () => Promise.resolve(installed),
      embed: (texts) => {
        asked.push([...texts]);
        return encoder.embed(texts);
      },
    };
    meanings = new Meanings({
      store: inPlace(store),
      embedder,
      clock: new ManualClock(),
      logger: silentLogger,
    });
    store.createSession(record('a'));
    store.append(
      'a',
      SAID.map(([id, speaker, text], i): DurableEvent => ({
        kind: 'final',
        segment: segment(id, speaker, text),
        seq: i + 1,
        time: i,
      })),
    );
  });
  afterEach(() => {
    meanings.dispose();
    store.close();
    rmSync(home, { recursive: true });
  });

  const record = (id: string): SessionRecord => ({
    id,
    kind: 'meeting',
    title: id,
    state: 'IDLE',
    startedAt: '2026-01-05T09:00:00+00:00',
    createdMs: 1000,
    durationMs: 0,
    sources: [],
    language: 'en',
    provider: 'scripted',
    model: 'script',
    live: true,
    partials: true,
    insights: true,
    ephemeral: false,
    keepAudio: false,
  });
  const segment = (id: string, speaker: string, text: string): Segment => ({
    id,
    startMs: 0,
    endMs: 900,
    source: 'mic',
    speaker,
    text,
    confidence: 0.9,
    revision: 0,
  });
  const idOf = (hit: SearchHit): string => ('segment' in hit ? hit.segment.id : '');
  /** @returns ids found by words alone, and with meaning */
  async function search(
    text: string,
    filters: { speaker?: string } = {},
  ): Promise<[string[], string[]]> {
    const query = { words: text.split(' '), kind: 'transcript' as const, limit: 9, ...filters };
    const words = store.search(query);
    return [words.map(idOf), (await meanings.join(query, words)).map(idOf)];
  }

  it('finds the same in other words, where words find nothing, and nothing of what nobody spoke of', async () => {
    await meanings.read();
    deepEqual(await search('delaying the launch'), [[], ['s1']]);
    deepEqual(await search('crash while signing in'), [[], ['s2']]);
    deepEqual(await search('slow queries'), [[], ['s4']]);
    deepEqual(await search('photosynthesis of plants'), [[], []]);
    deepEqual(await search('delaying the launch', { speaker: 'Ben' }), [[], []]);
  });

  it('puts what has the words and the meaning first', async () => {
    await meanings.read();
    deepEqual((await search('release'))[1][0], 's1');
    const hit = (id: string): SearchHit => ({ sessionId: 'a', segment: segment(id, 'Ana', id) });
    deepEqual(joinRanks([hit('x'), hit('y')], [hit('z'), hit('y')]).map(idOf), ['y', 'x', 'z']);
  });

  it('searches words alone while the model is not there', async () => {
    installed = false;
    await meanings.read();
    deepEqual(
      [await search('delaying the launch'), await search('postpone'), asked],
      [[[], []], [['s1'], ['s1']], []],
    );
    installed = true;
    await meanings.read();
    deepEqual((await search('delaying the launch'))[1], ['s1']);
  });

  it('reads every segment once, leaves out what is too short, and reads anew what a person changed', async () => {
    await meanings.read();
    await meanings.read();
    deepEqual(
      asked.map((texts) => texts.length),
      [4],
    );
    const changed = {
      ...segment('s3', 'Ana', 'The invoice of the supplier is still unpaid.'),
      revision: 1,
    };
    store.append('a', [
      {
        kind: 'revision',
        revision: { segmentId: 's3', revision: 1, op: 'edit', by: 'person', segment: changed },
        seq: SAID.length + 1,
        time: 9,
      },
    ]);
    await meanings.read();
    deepEqual([asked.length, (await search('outstanding bill'))[1]], [2, ['s3']]);
  });

  it('forgets with the transcript, and with the session', async () => {
    await meanings.read();
    store.forget('a', { transcript: true, insights: false });
    deepEqual((await search('delaying the launch'))[1], []);
    store.createSession(record('b'));
    store.append('b', [
      { kind: 'final', segment: segment('s1', 'Ana', SAID[0][2]), seq: 1, time: 0 },
    ]);
    await meanings.read();
    const there = (await search('delaying the launch'))[1];
    store.purgeSession('b');
    const [vector] = await encoder.embed(['delaying the launch']);
    deepEqual(
      [
        there,
        store.nearest(
          { words: [], kind: 'transcript', limit: 9 },
          vector ?? new Float32Array(384),
          2,
        ),
      ],
      [['s1'], []],
    );
    ok(store.unread(9).length === 0);
  });
});
