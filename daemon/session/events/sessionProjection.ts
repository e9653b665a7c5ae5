/**
 * State of a session computed from its durable events: transcript, speakers, insights. Live and
 * stored sessions each have a projection.
 */
import type { Insight } from '../../insights/types';
import { checkRevision, Transcript } from '../../transcript/transcript';
import type { Segment, Speaker } from '../../transcript/types';
import type { DurableEventBody } from '../contract/events';
import type { SessionStore } from '../contract/store';

export class SessionProjection {
  readonly transcript: Transcript;
  readonly speakers = new Map<string, Speaker>();
  readonly insights = new Map<string, Insight>();

  constructor(
    from: {
      segments?: readonly Segment[];
      speakers?: readonly Speaker[];
      insights?: readonly Insight[];
    } = {},
  ) {
    this.transcript = new Transcript(from.segments);
    for (const speaker of from.speakers ?? []) this.speakers.set(speaker.id, speaker);
    for (const insight of from.insights ?? []) this.insights.set(insight.id, insight);
  }

  static async load(store: SessionStore, sessionId: string): Promise<SessionProjection> {
    const [segments, speakers, insights] = await Promise.all([
      store.segments(sessionId),
      store.speakers(sessionId),
      store.insights(sessionId),
    ]);
    return new SessionProjection({ segments, speakers, insights });
  }

  /** @throws Error that names the broken rule */
  check(body: DurableEventBody): void {
    if (body.kind === 'final' && this.transcript.get(body.segment.id))
      throw new Error(`Segment ${body.segment.id} is already final.`);
    // A batch may revise a segment several times, each revision based on the previous. Only the
    // first is checked here.
    if (body.kind === 'revision' && body.revision.by === 'machine')
      checkRevision(this.transcript.get(body.revision.segmentId), body.revision);
  }

  apply(body: DurableEventBody): void {
    switch (body.kind) {
      case 'final':
        return this.transcript.add(body.segment);
      case 'revision':
        return this.transcript.apply(body.revision);
      case 'speaker':
        return void this.speakers.set(body.speaker.id, body.speaker);
      case 'state':
      case 'warning':
      case 'error':
        return;
      default:
        if (body.op === 'remove') this.insights.delete(body.insight.id);
        else this.insights.set(body.insight.id, body.insight);
    }
  }
}
