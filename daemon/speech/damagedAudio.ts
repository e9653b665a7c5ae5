/** Warning about audio that was damaged on disk. */
import type { Source } from '../audio/frame';
import type { LostAudio } from '../audio/spool';

/** Maximum number of damaged stretches in the list; beyond it only their count is given. */
const SPANS_REPORTED = 10;

/** @param timeOf session time of a frame, in ms */
export function damagedAudio(
  lost: readonly LostAudio[],
  timeOf: (source: Source, seq: number) => number,
): string {
  const spans = lost
    .slice(0, SPANS_REPORTED)
    .map(
      ({ source, firstSeq, lastSeq }) =>
        `${clock(timeOf(source, firstSeq))} to ${clock(timeOf(source, lastSeq + 1))}`,
    );
  const more = lost.length > spans.length ? ` and ${lost.length - spans.length} more` : '';
  return `Audio was damaged on disk and is left out: ${spans.join(', ')}${more}.`;
}

/** `00:14:05` */
function clock(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString().slice(11, 19);
}
