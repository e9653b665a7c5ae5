/** LibriSpeech utterances joined into sessions with pauses between them, the same for every run. */
import { SAMPLE_RATE } from '../../daemon/audio/frame';
import { generator } from '../scoring/noise';
import { type Utterance, readAudio } from './speechPath';

const MAX_SESSION_MS = 5 * 60_000;
const PAUSE_MS = [100, 3_000] as const;
/**
 * Of the pauses' noise: about −66 dBFS, as a quiet room has; digital silence would make the ends of
 * phrases too easy.
 */
const PAUSE_AMPLITUDE = 28;
/**
 * One set of pauses after the other: where a phrase ends moves with them, and word errors of one
 * set with it, by more than half a point; the mean of twenty tells them to 0.15. No value of the
 * speech path was chosen by these sets.
 */
export const PAUSE_SEEDS: readonly number[] = Array.from({ length: 20 }, (_, i) => 101 + i);
const [FIRST_SEED = 0] = PAUSE_SEEDS;

interface Spoken extends Utterance {
  readonly pcm: Int16Array;
}

export interface JoinedSession {
  readonly set: string;
  readonly reference: string;
  readonly utterances: readonly Spoken[];
  readonly pcm: Int16Array;
  /** Seconds of the utterances, pauses left out. */
  readonly speechSeconds: number;
}

/**
 * @param limit utterances of each set at most
 * @param seed of the pauses
 */
export function joinSessions(
  utterances: readonly Utterance[],
  limit = Infinity,
  seed = FIRST_SEED,
): JoinedSession[] {
  const random = generator(seed);
  const sessions: JoinedSession[] = [];
  for (const set of new Set(utterances.map((utterance) => utterance.set))) {
    let open: Spoken[] = [];
    let parts: Int16Array[] = [];
    let length = 0;
    const close = (): void => {
      if (open.length > 0)
        sessions.push({
          set,
          utterances: open,
          pcm: concat(parts, length),
          reference: open.map((utterance) => utterance.reference).join(' '),
          speechSeconds: open.reduce((sum, { pcm }) => sum + pcm.length, 0) / SAMPLE_RATE,
        });
      [open, parts, length] = [[], [], 0];
    };
    for (const utterance of utterances.filter((one) => one.set === set).slice(0, limit)) {
      const pcm = readAudio(utterance.path);
      const pauseMs = PAUSE_MS[0] + ((random() + 1) / 2) * (PAUSE_MS[1] - PAUSE_MS[0]);
      const pause = Int16Array.from({ length: Math.round((pauseMs * SAMPLE_RATE) / 1000) }, () =>
        Math.round(random() * PAUSE_AMPLITUDE),
      );
      if (((length + pcm.length) * 1000) / SAMPLE_RATE > MAX_SESSION_MS) close();
      open.push({ ...utterance, pcm });
      parts.push(pcm, pause);
      length += pcm.length + pause.length;
    }
    close();
  }
  return sessions;
}

function concat(parts: readonly Int16Array[], length: number): Int16Array {
  const all = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
