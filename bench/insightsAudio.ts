/**
 * A labelled meeting as the daemon hears it live: both channels at once, phrase by phrase, with the
 * voices of each told apart, segments named as they become final and split at the end where the
 * speaker changes. Without the echo gate: the channels are clean. Each segment is laid over the
 * labelled turns.
 */
import { OnnxSpeakerModels } from '../daemon/adapters/inference/speakers/speakerModels';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import type { Source } from '../daemon/audio/frame';
import type { SpeakerModels } from '../daemon/diarization/contract';
import { SessionProjection } from '../daemon/session/events/sessionProjection';
import type { DurableEvent, DurableEventBody } from '../daemon/session/contract/events';
import { segmentOf } from '../daemon/speech/segmentOf';
import { SpeakerAssigner } from '../daemon/session/speakers/speakerAssigner';
import type { Segment } from '../daemon/transcript/types';
import { framesOf } from '../daemon/vad/phraseSource';
import type { LabelledMeeting } from '../testing/scoring/insightsScore';
import { SimulatedMachine } from '../testing/harness/latencySimulation';
import { LivePath } from '../testing/harness/livePath';
import { speakerModelFiles } from './speakerTrials';
import { readAudio, type SpeechModels } from '../testing/harness/speechPath';

const SOURCES = ['mic', 'system'] as const satisfies readonly Source[];

export interface RecognisedMeeting {
  readonly segments: readonly Segment[];
  /** The labelled turn that a segment shares most time with, on its own channel. */
  turnOf(segmentId: string): number;
}

/** Hears meetings with one load of the models. */
export class MeetingRecogniser {
  private constructor(
    private readonly engine: ManagedSpeechEngine,
    private readonly speakerModels: SpeakerModels,
  ) {}

  static async open(models: SpeechModels): Promise<MeetingRecogniser> {
    const machine = new SimulatedMachine();
    await machine.load(models);
    const engine = machine.engine();
    await engine.ready();
    const speakerModels = new OnnxSpeakerModels();
    await speakerModels.load(speakerModelFiles());
    return new MeetingRecogniser(engine, speakerModels);
  }

  /**
   *
   * @param speakers `named`: voices are told apart, and each has the label's name, as where a
   * person names it once; `bySource`: no voices, so sources are the speakers and no segment is
   * split
   */
  async recognise(
    meeting: LabelledMeeting,
    audio: string,
    speakers: 'named' | 'bySource',
  ): Promise<RecognisedMeeting> {
    const projection = new SessionProjection();
    let announced = 0;
    const tell = (events: readonly DurableEventBody[]): void =>
      events.forEach((body) =>
        projection.apply({ ...body, seq: ++announced, time: 0 } as DurableEvent),
      );
    const assigner = new SpeakerAssigner({
      sources: speakers === 'named' ? SOURCES : [],
      models: this.speakerModels,
      detectors: this.engine.detectors,
      projection,
      kept: () => [],
      onFailed: (error) => {
        throw error;
      },
    });
    let id = 0;
    const paths = SOURCES.map(
      (source) =>
        new LivePath({
          engine: this.engine,
          source,
          sessionId: meeting.slug,
          newId: () => `s${++id}`,
          mixed: speakers === 'bySource' && source !== 'mic',
          onPhrase: (phrase, result) => {
            const segment = segmentOf(phrase, result);
            if (!segment) return;
            const named = assigner.name([segment]);
            tell([
              ...named.speakers,
              ...named.segments.map((one) => ({ kind: 'final' as const, segment: one })),
            ]);
            tell(assigner.revise());
          },
        }),
    );
    const frames = SOURCES.map((source, channel) => framesOf(source, readAudio(audio, channel)));
    for (let at = 0; at < Math.max(...frames.map((all) => all.length)); at++) {
      for (const [channel, path] of paths.entries()) {
        const frame = frames[channel]?.[at];
        if (frame) await Promise.all([path.process(frame), assigner.frames([frame])]);
      }
    }
    for (const path of paths) await path.end();
    await assigner.finish();
    tell(assigner.conclude());
    for (const path of paths) path.dispose();
    const names = speakers === 'named' ? namesOf(meeting, projection) : new Map<string, string>();
    const segments = projection.transcript
      .ordered()
      .map((segment) => ({ ...segment, speaker: names.get(segment.speaker) ?? segment.speaker }));
    const turns = new Map(segments.map((segment) => [segment.id, turnAt(meeting, segment)]));
    return { segments, turnOf: (segmentId) => turns.get(segmentId) ?? -1 };
  }

  dispose(): void {
    this.engine.dispose();
  }
}

/** Whom a person would take each speaker for: who says most of what stands under that name. */
function namesOf(
  meeting: LabelledMeeting,
  projection: SessionProjection,
): ReadonlyMap<string, string> {
  const shared = new Map<string, Map<string, number>>();
  for (const segment of projection.transcript.ordered()) {
    const own = shared.get(segment.speaker) ?? new Map<string, number>();
    shared.set(segment.speaker, own);
    for (const turn of meeting.turns)
      own.set(turn.who, (own.get(turn.who) ?? 0) + Math.max(0, overlapMs(turn, segment)));
  }
  shared.delete('Unknown');
  return new Map(
    [...shared].map(([speaker, own]) => [
      speaker,
      [...own].reduce((most, one) => (one[1] > most[1] ? one : most))[0],
    ]),
  );
}

function turnAt(meeting: LabelledMeeting, segment: Segment): number {
  const shared = meeting.turns.map((turn) => overlapMs(turn, segment));
  return shared.indexOf(Math.max(...shared));
}

/**
 * Milliseconds that a turn and a segment of its channel share; less than 0 where they lie apart.
 */
function overlapMs(
  turn: LabelledMeeting['turns'][number],
  { source, startMs, endMs }: Segment,
): number {
  return turn.source === source
    ? Math.min(endMs, turn.end * 1000) - Math.max(startMs, turn.start * 1000)
    : -Infinity;
}
