/** Shapes of the tools' answers, as MCP clients get them with the structured content. */
import { z } from 'zod';

const Segment = z.looseObject({
  id: z.string(),
  time: z.string().describe('hh:mm:ss from the start of the session.'),
  speaker: z.string(),
  text: z.string(),
});
const Insight = z.looseObject({
  id: z.string(),
  kind: z.string(),
  text: z.string(),
  status: z.string(),
  evidence: z.array(z.object({ segment: z.string(), time: z.string(), quote: z.string() })),
});
const Session = z.looseObject({ id: z.string(), title: z.string(), state: z.string() });
const place = { session: z.string(), title: z.string(), startedAt: z.string() };
const PlacedSegment = Segment.extend(place);
const PlacedInsight = Insight.extend(place);
const next = z.string().optional().describe('How to get more.');

export const SessionsOutput = z.object({ sessions: z.array(Session), next });
export const SearchOutput = z.object({
  hits: z.array(z.union([PlacedInsight, PlacedSegment])),
  next,
});
export const TranscriptOutput = z.object({
  session: Session,
  speakers: z.array(z.string()),
  of: z.number().int(),
  segments: z.array(Segment),
  next,
});
export const InsightsOutput = z.object({
  session: Session,
  of: z.number().int(),
  insights: z.array(Insight),
  next,
});
export const LiveOutput = z.object({
  session: Session,
  segments: z.array(Segment),
  insights: z.array(Insight).optional(),
  beingSaid: z.array(z.string()).optional(),
  cursor: z.number().int(),
  next,
});
export const SaidAboutOutput = z.object({
  name: z.string(),
  spokenAs: z.array(z.string()),
  insights: z.array(PlacedInsight),
  segments: z.array(PlacedSegment),
  next,
});
export const OpenActionsOutput = z.object({ actions: z.array(PlacedInsight), next });
export const ChangesOutput = z.object({
  sessions: z.array(Session),
  decisions: z.array(PlacedInsight),
  opened: z.array(PlacedInsight),
  closed: z.array(PlacedInsight),
  next,
});
export const ChangedOutput = z.object({ changed: z.string() });
