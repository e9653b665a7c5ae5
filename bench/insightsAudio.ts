/** A labelled meeting as the recogniser hears it: each channel decoded, its segments laid over the labelled turns. */
import type { Segment } from '../daemon/transcript/types';
import type { LabelledMeeting } from './insightsScore';
import { makeEngine, readAudio, transcribe, type SpeechModels } from './speechPath';

export interface HeardMeeting {
  readonly segments: readonly Segment[];
  /** The labelled turn that a segment shares most time with, on its own channel. */
  turnOf(segmentId: string): number;
}

/** @param speakers `named` gives each segment the name of its turn, as a perfect diarization would */
export async function hearMeetings(meetings: readonly { readonly meeting: LabelledMeeting; readonly audio: string }[], models: SpeechModels, speakers: 'named' | 'bySource'): Promise<HeardMeeting[]> {
  const engine = makeEngine(models);
  try {
    await engine.ready();
    const heard: HeardMeeting[] = [];
    for (const { meeting, audio } of meetings) heard.push(await hear(engine, meeting, audio, speakers));
    return heard;
  } finally {
    engine.dispose();
  }
}

async function hear(engine: ReturnType<typeof makeEngine>, meeting: LabelledMeeting, audio: string, speakers: 'named' | 'bySource'): Promise<HeardMeeting> {
  const segments: Segment[] = [];
  const turns = new Map<string, number>();
  for (const [channel, source] of (['mic', 'system'] as const).entries()) {
    for (const { phrase, result } of await transcribe(engine, readAudio(audio, channel))) {
      if (result.text === '') continue;
      const { startMs, endMs } = phrase;
      const turn = turnAt(meeting, source, startMs, endMs);
      const id = `${source}${segments.length + 1}`;
      turns.set(id, turn);
      const name = meeting.turns[turn]?.who ?? 'Others';
      segments.push({ id, startMs, endMs, source, speaker: speakers === 'named' ? name : source === 'mic' ? 'You' : 'Others', text: result.text, confidence: result.confidence, revision: 0 });
    }
  }
  return { segments: segments.sort((a, b) => a.startMs - b.startMs), turnOf: (id) => turns.get(id) ?? -1 };
}

function turnAt(meeting: LabelledMeeting, source: string, startMs: number, endMs: number): number {
  const shared = meeting.turns.map((turn) => (turn.source === source ? Math.min(endMs, turn.end * 1000) - Math.max(startMs, turn.start * 1000) : -1));
  return shared.indexOf(Math.max(...shared));
}
