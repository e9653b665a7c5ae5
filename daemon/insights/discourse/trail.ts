/** Which rule spoke at which turn; later stages weigh a finding by the rules behind it. */
import type { Line } from '../conversation/line';

export interface Mark {
  /** Id of the rule, or of the step of a tracker. */
  readonly rule: string;
  readonly segmentId: string;
}

/** Each rule counts once for a segment, so a trail is as long as its evidence. */
export function addMark(trail: Mark[], rule: string, line: Line): void {
  const { segmentId } = line;
  if (!trail.some((mark) => mark.rule === rule && mark.segmentId === segmentId))
    trail.push({ rule, segmentId });
}
