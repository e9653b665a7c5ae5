/**
 * Search over the AMI meetings beside the repository, by words and by meaning: the sentences of
 * their summaries, which other people wrote in other words, are looked for in all of them at once.
 * Usage: `npm run bench -- search [--meetings N]`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SentenceEncoder } from '../daemon/adapters/inference/embeddings/sentenceEncoder';
import { openStore } from '../daemon/adapters/store/openStore';
import { ManualClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { Meanings } from '../daemon/session/insights/meanings';
import type { SearchHit, SearchQuery } from '../daemon/session/contract/search';
import { inPlace } from '../testing/fakes/inPlaceStore';
import { type AmiMeeting, loadAmiMeetings, segmentsOfAmi } from './amiText';
import { percentile } from '../testing/scoring/statistics';
import { reportResults, type Row } from './report';
import { SHARED } from '../testing/harness/speechPath';

const MODEL = join(SHARED, 'models', 'minilm');
const FIRST = 10;

type Store = ReturnType<typeof openStore>['store'];

/** @returns how many segments were stored */
function fill(store: Store, meetings: readonly AmiMeeting[]): number {
  let segments = 0;
  for (const meeting of meetings) {
    store.createSession({
      id: meeting.id,
      kind: 'meeting',
      title: meeting.id,
      state: 'IDLE',
      startedAt: '2026-11-23T09:30:00+01:00',
      createdMs: 1,
      durationMs: 0,
      sources: [],
      language: 'en',
      provider: 'none',
      model: 'none',
      live: true,
      partials: false,
      insights: false,
      ephemeral: false,
      keepAudio: false,
    });
    const said = segmentsOfAmi(meeting);
    segments += said.length;
    store.append(
      meeting.id,
      said.map((segment, i) => ({ kind: 'final', segment, seq: i + 1, time: i })),
    );
  }
  return segments;
}

type Search = (query: SearchQuery) => Promise<readonly SearchHit[]>;

interface Searched {
  readonly row: Row;
  /** Percent of the queries whose first hit is of the right meeting. */
  readonly first: number;
}

async function searchAll(
  way: string,
  search: Search,
  meetings: readonly AmiMeeting[],
): Promise<Searched> {
  const [times, found]: [number[], number[]] = [[], [0, 0, 0]];
  for (const meeting of meetings) {
    for (const sentence of meeting.summary) {
      const from = process.cpuUsage();
      const hits = await search({
        words: sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)),
        kind: 'transcript',
        limit: FIRST,
      });
      const spent = process.cpuUsage(from);
      times.push((spent.user + spent.system) / 1000);
      const right = hits.findIndex(({ sessionId }) => sessionId === meeting.id);
      [hits.length > 0, right === 0, right >= 0].forEach(
        (yes, k) => (found[k] = (found[k] ?? 0) + Number(yes)),
      );
    }
  }
  const percent = found.map((count) => Math.round((1000 * count) / times.length) / 10);
  const share = (of: number): number => Math.round(10 * percentile(times, of)) / 10;
  const row = {
    search: way,
    queries: times.length,
    'finds anything %': percent[0] ?? 0,
    'the right meeting first %': percent[1] ?? 0,
    [`the right meeting among ${FIRST} %`]: percent[2] ?? 0,
    'processor ms p50': share(0.5),
    p95: share(0.95),
  };
  return { row, first: percent[1] ?? 0 };
}

async function main(): Promise<void> {
  const at = process.argv.indexOf('--meetings');
  const meetings = loadAmiMeetings().slice(0, at < 0 ? undefined : Number(process.argv[at + 1]));
  if (meetings.length === 0 || !existsSync(MODEL)) {
    process.stderr.write('The AMI texts or the sentence model are not beside the repository.\n');
    process.exitCode = 2;
    return;
  }
  const encoder = new SentenceEncoder();
  await encoder.load({
    id: 'minilm-l6-v2',
    files: { model: join(MODEL, 'model-int8.onnx'), tokenizer: join(MODEL, 'tokenizer.json') },
  });
  const home = mkdtempSync(join(tmpdir(), 'earmark-search-'));
  const { store } = openStore({ file: join(home, 'earmark.db') });
  const meanings = new Meanings({
    store: inPlace(store),
    embedder: { available: () => Promise.resolve(true), embed: (texts) => encoder.embed(texts) },
    clock: new ManualClock(),
    logger: silentLogger,
  });
  const segments = fill(store, meetings);
  const begun = process.cpuUsage();
  while (store.unread(1).length > 0) await meanings.read();
  const used = process.cpuUsage(begun);
  const byWords = await searchAll(
    'words',
    (query) => Promise.resolve(store.search(query)),
    meetings,
  );
  const byMeaning = await searchAll(
    'words and meaning',
    (query) => meanings.join(query, store.search(query)),
    meetings,
  );
  meanings.dispose();
  store.close();
  rmSync(home, { recursive: true });
  reportResults({
    about: [
      `${segments} segments of ${meetings.length} AMI meetings as text in one database.`,
      'The queries are the sentences of their written summaries.',
    ].join(' '),
    rows: [byWords.row, byMeaning.row],
    metrics: {
      'right meeting first, by words and meaning': {
        value: byMeaning.first,
        unit: '%',
        better: 'higher',
        noise: 0.5,
        product: true,
      },
      'processor time of a vector, store included': {
        value: Math.round((used.user + used.system) / 100 / segments) / 10,
        unit: 'ms a segment',
        better: 'lower',
      },
    },
  });
}

void main();
