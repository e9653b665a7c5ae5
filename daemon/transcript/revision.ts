/** A change to a segment. */
import type { Segment } from './types';

export interface Revision {
  readonly segmentId: string;
  readonly revision: number;
  readonly op: 'hide' | 'split' | 'speaker' | 'edit';
  readonly by: 'machine' | 'person';
  readonly segment: Segment;
  readonly added?: readonly Segment[];
}
