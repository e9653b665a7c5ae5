/**
 * Search over the AMI meetings beside the repository, by words and by meaning: the sentences of
 * their summaries, which other people wrote in other words, are looked for in all of them at once.
 * Usage: `npm run bench -- search [--meetings N]`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SentenceEncoder } from '../daemon/adapters/inference/sentenceEncoder';
import { openStore } from '../daemon/adapters/store/openStore';
import { ManualClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { Meanings } from '../daemon/session/meanings';
import type { SearchHit, SearchQuery } from '../daemon/session/search';
import { inPlace } from '../test/fakes/inPlaceStore';
import { loadAmiMeetings, segmentsOfAmi } from './amiText';
import { percentile } from './statistics';
import { reportResults, type Row } from './report';
import { SHARED } from './speechPath';

const MODEL = join(SHARED, 'models', 'minilm');
const FIRST = 10;

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
  const begun = process.cpuUsage();
  while (store.unread(1).length > 0) await meanings.read();
  const used = process.cpuUsage(begun);
  const rows: Row[] = [];
  const hitRates: number[] = [];
  const ways: readonly (readonly [
    string,
    (query: SearchQuery) => Promise<readonly SearchHit[]>,
  ])[] = [
    ['words', (query) => Promise.resolve(store.search(query))],
    ['words and meaning', (query) => meanings.join(query, store.search(query))],
  ];
  for (const [way, search] of ways) {
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
    rows.push({
      search: way,
      queries: times.length,
      'finds anything %': percent[0] ?? 0,
      'the right meeting first %': percent[1] ?? 0,
      [`the right meeting among ${FIRST} %`]: percent[2] ?? 0,
      'processor ms p50': share(0.5),
      p95: share(0.95),
    });
    hitRates.push(percent[1] ?? 0);
  }
  meanings.dispose();
  store.close();
  rmSync(home, { recursive: true });
  reportResults({
    about: `${segments} segments of ${meetings.length} AMI meetings as text in one database; the queries are the sentences of their written summaries. A vector took ${((used.user + used.system) / 1000 / segments).toFixed(1)} ms of processor time a segment, store included.`,
    rows,
    ratios: {
      'the right meeting first by meaning, percent': {
        value: hitRates[1] ?? 0,
        noise: 0.5,
        better: 'higher',
      },
    },
  });
}

void main();
