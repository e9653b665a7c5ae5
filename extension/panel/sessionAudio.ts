/** Audio for the page: clips of all sources of a session, mixed into one. */
import { AudioClip, SAMPLE_RATE, type SourceName } from '../../protocol/audio';
import { isEarmarkError } from '../../protocol/errors';
import type { Connection } from '../../client';
import type { ToPanel } from '../../protocol/panel';
import type { Segment } from '../../protocol/transcript';

export type AudioMessage = Extract<ToPanel, { type: 'audio' }>;

/**
 * Length of one clip, in milliseconds. Longer clips start later; shorter clips may arrive too late.
 */
const PIECE_MS = 10_000;
/** Playback starts this much before a word, in milliseconds, because words begin softly. */
const LEAD_MS = 120;

/**
 * Session time of a word, in milliseconds. If the word has no time, its position in the text is
 * scaled to the segment's duration.
 * @param offset of a letter of the word in the text, in UTF-16 units
 */
export function timeOf(
  { text, words = [], startMs, endMs }: Pick<Segment, 'text' | 'words' | 'startMs' | 'endMs'>,
  offset: number,
): number {
  const before = text.slice(0, offset).split(/\s+/u).length - 1;
  const word = words.length === text.trim().split(/\s+/u).length ? words[before] : undefined;
  const at =
    word?.startMs ??
    startMs + ((endMs - startMs) * Math.min(offset, text.length)) / Math.max(1, text.length);
  return Math.max(0, at - LEAD_MS);
}

/**
 * One clip of all sources, from `fromMs` on.
 * @param follows true for a clip that continues a running playback
 * @throws EarmarkError audio.notKept if no source has audio at that time
 */
export async function audioFrom(
  connection: Connection,
  sessionId: string,
  sources: readonly SourceName[],
  fromMs: number,
  follows: boolean,
): Promise<AudioMessage> {
  const clips = await Promise.all(
    sources.map(async (source) => {
      try {
        const { startMs, pcm } = await connection.request(AudioClip, {
          sessionId,
          source,
          startMs: fromMs,
          endMs: fromMs + PIECE_MS,
        });
        const bytes = Buffer.from(pcm, 'base64');
        return {
          startMs,
          samples: new Int16Array(
            bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
          ),
        };
      } catch (error) {
        // Another source may have audio.
        if (isEarmarkError(error, 'audio.notKept')) return error;
        throw error;
      }
    }),
  );
  const found = clips.filter((clip): clip is Piece => !(clip instanceof Error));
  const [first] = clips;
  if (found.length === 0) {
    if (follows || !(first instanceof Error))
      return { type: 'audio', pcm: '', startMs: fromMs, endMs: fromMs, follows };
    throw first;
  }
  const mixed = mix(found);
  return {
    type: 'audio',
    pcm: Buffer.from(mixed.samples.buffer).toString('base64'),
    startMs: mixed.startMs,
    endMs: mixed.startMs + (1_000 * mixed.samples.length) / SAMPLE_RATE,
    follows,
  };
}

interface Piece {
  readonly startMs: number;
  readonly samples: Int16Array<ArrayBuffer>;
}

function mix(pieces: readonly Piece[]): Piece {
  const startMs = Math.min(...pieces.map((piece) => piece.startMs));
  const at = ({ startMs: own }: Piece): number =>
    Math.round(((own - startMs) * SAMPLE_RATE) / 1_000);
  const samples = new Int16Array(
    Math.max(...pieces.map((piece) => at(piece) + piece.samples.length)),
  );
  for (const piece of pieces) {
    const from = at(piece);
    for (let i = 0; i < piece.samples.length; i++)
      samples[from + i] = Math.max(
        -32_768,
        Math.min(32_767, (samples[from + i] ?? 0) + (piece.samples[i] ?? 0)),
      );
  }
  return { startMs, samples };
}
