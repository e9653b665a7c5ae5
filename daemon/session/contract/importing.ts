/** Contract of importing a transcript of another program. */
import type { Insight } from '../../insights/types';
import type { Segment } from '../../transcript/types';

export interface ImportRequest {
  readonly title: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly language: string;
  /** In order of time, at least one. */
  readonly segments: readonly Segment[];
  readonly insights: readonly Insight[];
  /** Network user that owns the session; absent for the local user. */
  readonly owner?: string;
}
