/**
 * Audio for the echo bench: meetings whose loudspeakers reach the microphone, with and without
 * somebody who talks at the same time.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_SAMPLES, SAMPLE_RATE } from '../daemon/audio/frame';
import { makeNoise } from '../testing/scoring/noise';
import { SHARED, libriUtterances, readAudio } from '../testing/harness/speechPath';

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Echo {
  readonly db: number;
  readonly delayMs: number;
  /** A room that rings for so long (60 dB); none: the audio comes once. */
  readonly reverbMs?: number;
}

export interface Scene {
  readonly name: string;
  readonly mic: Int16Array;
  readonly system: Int16Array;
  /** The microphone without the loudspeakers: the truth. */
  readonly own: Int16Array;
  readonly echo: Echo | undefined;
  /** When the user speaks, and when the others do. */
  readonly ownSpans: readonly Span[];
  readonly systemSpans: readonly Span[];
}

interface Turn {
  readonly source: 'mic' | 'system';
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Meeting {
  readonly name: string;
  readonly mic: Int16Array;
  readonly system: Int16Array;
  readonly turns: readonly Turn[];
}

const at = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000);

/** @returns undefined where the recordings are not beside the repository */
export function readMeeting(name: string): Meeting | undefined {
  const path = join(SHARED, 'data', 'meetings', name);
  if (!existsSync(`${path}.flac`)) return undefined;
  const { turns } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { turns: Turn[] };
  return { name, turns, mic: readAudio(`${path}.flac`, 0), system: readAudio(`${path}.flac`, 1) };
}

export function cut(meeting: Meeting, fromMs: number, toMs: number): Meeting {
  const edge = (seconds: number): number =>
    Math.min(toMs, Math.max(fromMs, seconds * 1000)) / 1000 - fromMs / 1000;
  const turns = meeting.turns
    .map((t) => ({ ...t, start: edge(t.start), end: edge(t.end) }))
    .filter((t) => t.end > t.start);
  return {
    name: meeting.name,
    turns,
    mic: meeting.mic.slice(at(fromMs), at(toMs)),
    system: meeting.system.slice(at(fromMs), at(toMs)),
  };
}

/** The meeting as it is, with the loudspeakers in the microphone. */
export function echoed(meeting: Meeting, echo: Echo | undefined): Scene {
  return scene(
    `${meeting.name} ${describe(echo)}`,
    meeting.mic,
    meeting.system,
    echo,
    spans(meeting, 'mic'),
    spans(meeting, 'system'),
  );
}

export function describe(echo: Echo | undefined): string {
  return echo
    ? `${echo.db} dB ${echo.delayMs} ms${echo.reverbMs === undefined ? '' : ' room'}`
    : 'headphones';
}

/** The same where the user only listens, as most people do most of the time. */
export function listened(meeting: Meeting): Meeting {
  return {
    ...meeting,
    name: `${meeting.name} listening`,
    mic: new Int16Array(meeting.mic.length),
    turns: meeting.turns.filter(({ source }) => source === 'system'),
  };
}

/**
 * Somebody reads into the microphone while the others talk: pieces of other voices laid over the
 * system's turns.
 */
export function doubleTalk(meeting: Meeting, echo: Echo | undefined, seed: number): Scene {
  const voices = libriUtterances();
  const own = new Int16Array(meeting.mic.length);
  const ownSpans: Span[] = [];
  let n = seed;
  let free = 0;
  for (const { startMs, endMs } of spans(meeting, 'system')) {
    for (let from = Math.max(startMs + 200, free); from + 900 < endMs;) {
      const voice = voices[(n * 7) % voices.length];
      n++;
      if (!voice) break;
      const length = 700 + ((n * 613) % 2_300);
      const piece = loud(trim(readAudio(voice.path)).slice(0, at(length)), -24);
      own.set(piece.subarray(0, own.length - at(from)), at(from));
      ownSpans.push({ startMs: from, endMs: from + length });
      from += length + 1_300;
      free = from;
    }
  }
  return scene(
    `${meeting.name} double-talk ${describe(echo)}`,
    own,
    meeting.system,
    echo,
    ownSpans,
    spans(meeting, 'system'),
  );
}

/**
 * Both say the same words at nearly the same time: the system's short turns again, in another voice
 * and at another pace.
 */
export function unison(meeting: Meeting, echo: Echo | undefined): Scene {
  const gapMs = 2_500;
  const turns = meeting.turns.filter((t) => t.source === 'system' && t.end - t.start < 3.2);
  const parts = turns.map((t) => meeting.system.slice(at(t.start * 1000), at(t.end * 1000)));
  const length = at(1_000) + parts.reduce((sum, part) => sum + part.length + at(gapMs), 0);
  const system = new Int16Array(length);
  const own = new Int16Array(length);
  const ownSpans: Span[] = [];
  const systemSpans: Span[] = [];
  let from = 1_000;
  parts.forEach((part, i) => {
    const voice = loud(
      trim(otherVoice(part, i % 2 === 0 ? 1.18 : 0.84, [0.9, 1.12, 0.95, 1.06][i % 4] ?? 1)),
      -24,
    );
    const startMs = from + [0, 80, 160, 240][i % 4]!;
    system.set(part, at(from));
    own.set(voice.subarray(0, Math.max(0, length - at(startMs))), at(startMs));
    systemSpans.push({ startMs: from, endMs: from + (part.length * 1000) / SAMPLE_RATE });
    ownSpans.push({ startMs, endMs: startMs + (voice.length * 1000) / SAMPLE_RATE });
    from += (part.length * 1000) / SAMPLE_RATE + gapMs;
  });
  return scene(
    `${meeting.name} same words ${describe(echo)}`,
    own,
    system,
    echo,
    ownSpans,
    systemSpans,
  );
}

function scene(
  name: string,
  own: Int16Array,
  system: Int16Array,
  echo: Echo | undefined,
  ownSpans: readonly Span[],
  systemSpans: readonly Span[],
): Scene {
  const room = makeNoise('pink', own.length / SAMPLE_RATE, 11);
  const echoSignal = echo ? through(system, echo) : new Float32Array(system.length);
  // A quiet room, about −62 dBFS.
  const mic = Int16Array.from(own, (v, i) =>
    clip(v + (echoSignal[i] ?? 0) + (room[i] ?? 0) * 0.025),
  );
  return { name, mic, system, own, echo, ownSpans, systemSpans };
}

/** Late, softer and, in a room, smeared: the direct audio and sparse reflections that decay. */
function through(system: Int16Array, { db, delayMs, reverbMs }: Echo): Float32Array {
  const taps: { readonly delay: number; readonly gain: number }[] = [
    { delay: at(delayMs), gain: 10 ** (db / 20) },
  ];
  if (reverbMs !== undefined) {
    const jitter = makeNoise('white', 0.01, 5);
    for (let k = 1; k <= 60; k++) {
      const ms = (k / 60) * reverbMs + (jitter[k] ?? 0) / 1_000;
      taps.push({
        delay: at(delayMs + ms),
        gain: 10 ** ((db - 6 - (60 * ms) / reverbMs) / 20) * ((jitter[k + 60] ?? 0) > 0 ? 1 : -1),
      });
    }
  }
  const out = new Float32Array(system.length);
  for (const { delay, gain } of taps)
    for (let i = delay; i < out.length; i++)
      out[i] = (out[i] as number) + gain * (system[i - delay] as number);
  return out;
}

function spans(meeting: Meeting, source: Turn['source']): Span[] {
  return meeting.turns
    .filter((t) => t.source === source)
    .map((t) => ({ startMs: t.start * 1000, endMs: t.end * 1000 }));
}

function otherVoice(pcm: Int16Array, pitch: number, tempo: number): Int16Array {
  const filter = [
    `asetrate=${Math.round(SAMPLE_RATE * pitch)}`,
    `aresample=${SAMPLE_RATE}`,
    `atempo=${(tempo / pitch).toFixed(3)}`,
  ].join(',');
  const bytes = execFileSync(
    'ffmpeg',
    [
      '-v',
      'error',
      '-f',
      's16le',
      '-ar',
      String(SAMPLE_RATE),
      '-ac',
      '1',
      '-i',
      '-',
      '-af',
      filter,
      '-f',
      's16le',
      '-',
    ],
    { input: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength), maxBuffer: 1 << 26 },
  );
  return new Int16Array(
    bytes.buffer.slice(
      bytes.byteOffset,
      bytes.byteOffset + bytes.byteLength - (bytes.byteLength % 2),
    ),
  );
}

/** Without the silence before the first word. */
function trim(pcm: Int16Array): Int16Array {
  let from = 0;
  while (from < pcm.length && rms(pcm.subarray(from, from + FRAME_SAMPLES)) < 300)
    from += FRAME_SAMPLES;
  return pcm.slice(from);
}

/** At this level, with 10 ms ramps at the ends. */
function loud(pcm: Int16Array, dbfs: number): Int16Array {
  const scale = (10 ** (dbfs / 20) * 32_768) / Math.max(1, rms(pcm));
  return pcm.map((v, i) => clip(v * scale * Math.min(1, i / 160, (pcm.length - 1 - i) / 160)));
}

function rms(pcm: Int16Array): number {
  let squares = 0;
  for (const v of pcm) squares += v * v;
  return Math.sqrt(squares / Math.max(1, pcm.length));
}

function clip(v: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(v)));
}
