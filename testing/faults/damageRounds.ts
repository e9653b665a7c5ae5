/**
 * Flips bytes in, or cuts, the files of a state folder at random, opens it as the next start does,
 * and counts what is left and reported.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../../daemon/adapters/store/spool/fileSpools';
import { openStore } from '../../daemon/adapters/store/openStore';
import { FRAME_MS, FRAME_SAMPLES } from '../../daemon/audio/frame';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { DurableEvent } from '../../daemon/session/contract/events';
import { randoms } from './random';

export interface DamageResult {
  readonly databases: number;
  readonly spools: number;
  readonly failedStarts: number;
  /** Events or frames that came back other than they were written. */
  readonly altered: number;
  /** Losses that nothing tells of. */
  readonly unreported: number;
  /** Events in all databases, and those that were lost. */
  readonly events: number;
  readonly eventsLost: number;
  /**
   * Frames in all spools, and those that were lost; a cut end is reported by the gap that the next
   * frame leaves.
   */
  readonly frames: number;
  readonly framesLost: number;
}

const SESSIONS = 4;
const EVENTS = 120;
const FRAMES = 2000;

export function damageRounds({
  count,
  seed,
}: {
  readonly count: number;
  readonly seed: number;
}): DamageResult {
  const random = randoms(seed);
  const folder = mkdtempSync(join(tmpdir(), 'earmark-damage-'));
  const result = {
    databases: 0,
    spools: 0,
    failedStarts: 0,
    altered: 0,
    unreported: 0,
    events: 0,
    eventsLost: 0,
    frames: 0,
    framesLost: 0,
  };
  try {
    const written = writeDatabase(join(folder, 'good.db'));
    writeSpool(folder);
    for (let round = 0; round < count; round++) {
      try {
        if (round % 2 === 0) database(folder, written, random, result);
        else spool(folder, random, result);
      } catch {
        result.failedStarts++;
      }
    }
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Counts = { -readonly [K in keyof DamageResult]: number };

/** One to eight bytes changed, or in one of four the end cut off. */
function harm(bytes: Buffer, random: () => number): Buffer {
  if (random() < 0.25) return bytes.subarray(0, Math.floor(random() * bytes.length));
  const harmed = Buffer.from(bytes);
  for (let left = 1 + Math.floor(random() * 8); left > 0; left--) {
    const at = Math.floor(random() * harmed.length);
    harmed[at] = (harmed[at] as number) ^ (1 + Math.floor(random() * 255));
  }
  return harmed;
}

function database(
  folder: string,
  written: ReadonlyMap<string, readonly DurableEvent[]>,
  random: () => number,
  result: Counts,
): void {
  const file = join(folder, 'state', 'earmark.db');
  rmSync(join(folder, 'state'), { recursive: true, force: true });
  mkdirSync(join(folder, 'state'));
  writeFileSync(file, harm(readFileSync(join(folder, 'good.db')), random));
  result.databases++;
  const { store, setAside, salvaged } = openStore({ file, now: () => 0 });
  for (const [id, events] of written) {
    const found = store.readEvents(id, 0, 10_000);
    result.events += events.length;
    const lost = events.filter((event, i) => {
      const there = found[i];
      if (there && JSON.stringify(there) === JSON.stringify(event)) return false;
      if (there && !(there.kind === 'warning' && there.code === 'store.damaged')) result.altered++;
      return true;
    }).length;
    result.eventsLost += lost;
    const report =
      found.some((event) => event.kind === 'warning' && event.code === 'store.damaged') ||
      (setAside !== undefined &&
        (salvaged === undefined ||
          salvaged.sessions < written.size ||
          found.length < events.length));
    if (lost > 0 && !report) result.unreported++;
    // What is shown is made of the same events.
    if (
      lost === 0 &&
      JSON.stringify(store.segments(id)) !==
        JSON.stringify(events.flatMap((event) => (event.kind === 'final' ? [event.segment] : [])))
    )
      result.altered++;
    const session = store.getSession(id);
    if (
      lost === 0 &&
      setAside === undefined &&
      (session?.title !== `Meeting ${id.slice(-1)}` || session.state !== 'DONE')
    )
      result.altered++;
  }
  store.close();
}

function spool(folder: string, random: () => number, result: Counts): void {
  const files = ['000001.spool', '000002.spool'];
  const target = join(folder, 'spool', 'a');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const name of files) copyFileSync(join(folder, 'good', name), join(target, name));
  const name = files[Math.floor(random() * files.length)] as string;
  writeFileSync(join(target, name), harm(readFileSync(join(target, name)), random));
  result.spools++;
  result.frames += FRAMES;
  const opened = new FileSpools({
    folder: join(folder, 'spool'),
    clock: new ManualClock(),
    logger: silentLogger,
  }).open('a');
  const frames = opened.read('file', 0, FRAMES * 2);
  const there = new Set(frames.map(({ seq }) => seq));
  if (frames.some(({ seq, pcm }) => pcm.some((v) => v !== seq % 30_000))) result.altered++;
  const durable = opened.durableSeq('file');
  for (let seq = 0; seq < FRAMES; seq++) {
    if (there.has(seq)) continue;
    result.framesLost++;
    // After the last frame that is known of, the daemon asks for what follows, and a client that
    // cannot give it leaves a gap that is reported.
    if (
      seq <= durable &&
      !opened.lost.some(({ firstSeq, lastSeq }) => seq >= firstSeq && seq <= lastSeq)
    )
      result.unreported++;
  }
  opened.dispose();
}

function writeDatabase(file: string): ReadonlyMap<string, readonly DurableEvent[]> {
  const { store } = openStore({ file });
  const written = new Map<string, DurableEvent[]>();
  for (let s = 0; s < SESSIONS; s++) {
    const id = `session-${s}`;
    store.createSession({
      id,
      kind: 'meeting',
      title: `Meeting ${s}`,
      state: 'DONE',
      startedAt: '2026-01-05T09:00:00+00:00',
      createdMs: s,
      durationMs: 0,
      sources: [{ source: 'file', origin: { type: 'push' } }],
      language: 'en',
      provider: 'scripted',
      model: 'script',
      live: true,
      partials: false,
      insights: true,
      ephemeral: false,
      keepAudio: false,
    });
    const events: DurableEvent[] = Array.from({ length: EVENTS }, (_, i) => ({
      kind: 'final',
      segment: {
        id: `s${i + 1}`,
        startMs: i * 3000,
        endMs: i * 3000 + 2500,
        source: 'file',
        speaker: 'You',
        text: `Sentence number ${i} of session ${s} speaks about the weather and the release`,
        confidence: 0.9,
        revision: 0,
      },
      seq: i + 1,
      time: i * 3000 + 2600,
    }));
    for (const event of events)
      store.append(id, [event], [{ source: 'file', finalThrough: event.seq * 150 }]);
    written.set(id, events);
  }
  store.close();
  return written;
}

function writeSpool(folder: string): void {
  const opened = new FileSpools({ folder, clock: new ManualClock(), logger: silentLogger }).open(
    'good',
  );
  for (let seq = 0; seq < FRAMES; seq++)
    opened.append({
      source: 'file',
      seq,
      captureMs: seq * FRAME_MS,
      pcm: new Int16Array(FRAME_SAMPLES).fill(seq % 30_000),
    });
  opened.dispose();
}
