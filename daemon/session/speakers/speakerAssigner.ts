/**
 * Assigns speakers to the segments of a session. Diarization runs beside recognition, separately
 * for each source. At the end, all voices are clustered again. Without a voice encoder, or after it
 * failed, each source is its own speaker.
 */
import type { Frame, Source } from '../../audio/frame';
import type { SpeakerEmbedder, SpeakerSegmenter, Turn } from '../../diarization/contract';
import { type NamedVoice, type Recognised, recogniseVoices } from '../../diarization/recognise';
import { samePersons, type SourceVoice } from '../../diarization/samePerson';
import { partsOf, speakerOfSpan } from '../../diarization/splitting';
import { SourceSpeakers } from '../../diarization/sourceSpeakers';
import { unpackSegment, type PackedSegment } from '../../transcript/packedSegment';
import type { Segment, Speaker } from '../../transcript/types';
import type { SpeechDetectorFactory } from '../../vad/contract';
import type { SessionProjection } from '../events/sessionProjection';
import { stillCalled } from './calledNames';
import type { DurableEventBody } from '../contract/events';
import type { Revision } from '../../transcript/revision';
import { alsoSpeaking, sameNames, withoutOthers } from './overlapNames';
import { SpeakerNumbers } from './speakerNumbers';

export interface SpeakerAssignerSetup {
  readonly sources: readonly Source[];
  /** Without segmentation there is no final pass: the session keeps its voices. */
  readonly models: SpeakerEmbedder & Partial<SpeakerSegmenter>;
  readonly detectors: SpeechDetectorFactory;
  readonly projection: SessionProjection;
  /** Stored voiceprints of named people. */
  readonly kept: () => readonly NamedVoice[];
  /** Called once; from then on each source is its own speaker. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Maximum number of frames that wait for diarization. Its worker runs at a lower priority than
 * recognition. When the queue is full, the source waits.
 */
const MOST_WAITING_FRAMES = 1_500;
/** A microphone voice with at least this share of the speech belongs to the user. */
const DOMINANT = 0.7;
/**
 * A segment below this cosine similarity to its speaker's voice gets no speaker. Of windows of 1.2
 * s, 0.3 % are below it for their own voice and 98.5 % for another voice.
 */
const LEAST_SIMILARITY = 0.3;
const UNKNOWN = 'Unknown';

interface SourceVoices {
  readonly speakers: SourceSpeakers;
  work: Promise<void>;
  waiting: number;
}

/** Facts that decide the speaker of a segment. */
type Spoken = Pick<Segment, 'id' | 'source' | 'startMs' | 'endMs'>;

export class SpeakerAssigner {
  private readonly sourceVoices = new Map<Source, SourceVoices>();
  private readonly pinned = new Set<string>();
  private state: 'open' | 'failed' | 'closed' = 'open';
  private readonly numbers: SpeakerNumbers;
  private nextVoice: number;
  /**
   * Segments from before a crash. They keep their speakers, because their audio and voices are
   * gone.
   */
  private readonly settled: ReadonlySet<string>;
  private readonly earlier: readonly Speaker[];
  /**
   * Voices with at least one segment. A voice that appears and disappears between two segments is
   * not announced and gets no number.
   */
  private readonly announced = new Set<string>();
  /** Voices that belong to a person of another source; computed at the end. */
  private same: ReadonlyMap<string, string> = new Map();
  /**
   * Voices that match a voiceprint. A name given by a match stays while the match is plausible, so
   * that names do not flicker.
   */
  private recognised: ReadonlyMap<string, Recognised> = new Map();
  /** Voices whose match a person rejected. */
  private readonly rejectedMatches = new Set<string>();
  /** Voices of the last clustering, after the end. */
  private last: readonly SourceVoice[] = [];

  constructor(private readonly setup: SpeakerAssignerSetup) {
    this.settled = new Set(setup.projection.transcript.packed().map(({ id }) => id));
    this.earlier = [...setup.projection.speakers.values()];
    this.nextVoice =
      1 +
      highest(
        this.earlier.map(({ id }) => id),
        /-(\d+)$/,
      );
    this.numbers = new SpeakerNumbers(
      highest(
        this.earlier.map(({ name }) => name),
        /^Speaker (\d+)$/,
      ),
    );
    for (const source of setup.sources) {
      const speakers = new SourceSpeakers({
        source,
        models: setup.models,
        detector: setup.detectors.create(source),
        newId: () => `${source}-${this.nextVoice++}`,
      });
      this.sourceVoices.set(source, { speakers, work: Promise.resolve(), waiting: 0 });
    }
  }

  /**
   * Takes frames in order within a source.
   * @returns a promise if the source must wait before it sends more
   */
  frames(frames: readonly Frame[]): Promise<void> | undefined {
    const current = this.sourceVoices.get(frames[0]?.source ?? 'file');
    if (!current || this.state !== 'open') return undefined;
    current.waiting += frames.length;
    current.work = current.work.then(() => this.process(current, frames));
    return current.waiting > MOST_WAITING_FRAMES ? current.work : undefined;
  }

  /** A person chose the speaker of this segment; the choice is final. */
  pin(segmentId: string): void {
    this.pinned.add(segmentId);
  }

  unpin(segmentIds: Iterable<string>): void {
    for (const id of segmentIds) this.pinned.delete(id);
  }

  /** A person rejected the match of this voice with a voiceprint. */
  unrecognise(speakerId: string): void {
    this.rejectedMatches.add(speakerId);
    for (const [other, of] of this.same) {
      if (other === speakerId) this.rejectedMatches.add(of);
      if (of === speakerId) this.rejectedMatches.add(other);
    }
  }

  /** Voices of the current clustering; after the end, of the last clustering. */
  get activeVoices(): readonly SourceVoice[] {
    return this.sourceVoices.size > 0 ? this.voices(this.turns()) : this.last;
  }

  /** Returns the events that name the speakers of new segments. */
  name(segments: readonly Segment[]): {
    readonly segments: readonly Segment[];
    readonly speakers: readonly DurableEventBody[];
  } {
    if (this.state !== 'open') return { segments, speakers: [] };
    const turns = this.turns();
    const voices = this.voicesOf(turns, segments);
    const speakers = this.speakers(turns);
    const names = namesOf(speakers);
    return {
      segments: segments.map((segment) => ({
        ...segment,
        speaker: names.get(voices.get(segment.id)) ?? segment.speaker,
        ...alsoSpeaking(turns, segment, voices.get(segment.id), names),
      })),
      speakers: this.changed(speakers),
    };
  }

  /** Returns revisions of segments whose speaker changed. */
  revise(): readonly DurableEventBody[] {
    if (this.state !== 'open') return [];
    const turns = this.turns();
    const voices = this.voicesOf(turns, this.revisable());
    const speakers = this.speakers(turns);
    return [...this.changed(speakers), ...this.revisions(turns, voices, speakers)];
  }

  /** Clusters all voices again over the whole audio. `conclude` returns the resulting events. */
  async finish(): Promise<void> {
    for (const current of this.sourceVoices.values()) {
      await current.work;
      if (this.state !== 'open') return;
      await current.speakers.finish().catch((error: unknown) => this.fail(error));
    }
  }

  /**
   * Splits segments at speaker changes and assigns the turns to speakers. It reads the transcript
   * in its current state.
   */
  conclude(): readonly DurableEventBody[] {
    if (this.state !== 'open') return [];
    const turns = this.turns();
    this.last = this.voices(turns);
    this.same = samePersons(this.last);
    for (const { speaker } of turns) this.announced.add(speaker);
    this.renumber(turns);
    const speakers = this.speakers(turns).map((speaker) => ({
      ...speaker,
      turns: turns
        .filter((turn) => turn.speaker === speaker.id)
        .map(({ startMs, endMs }) => ({ startMs, endMs })),
    }));
    const voices = this.voicesOf(turns, this.revisable());
    const events = [
      ...this.changed([...this.gone(turns), ...speakers]),
      ...this.revisions(turns, voices, speakers, this.turns(0)),
    ];
    this.dispose();
    return events;
  }

  dispose(): void {
    if (this.state === 'open') this.state = 'closed';
    for (const { speakers } of this.sourceVoices.values()) speakers.dispose();
    this.sourceVoices.clear();
  }

  private async process(current: SourceVoices, frames: readonly Frame[]): Promise<void> {
    try {
      if (this.state === 'open') await current.speakers.process(frames);
    } catch (error) {
      this.fail(error);
    } finally {
      current.waiting -= frames.length;
    }
  }

  private fail(error: unknown): void {
    if (this.state !== 'open') return;
    this.state = 'failed';
    this.setup.onFailed(error);
  }

  /**
   * @param longestPauseMs longest pause within a turn; default: the pause that human annotators use
   */
  private turns(longestPauseMs?: number): Turn[] {
    return [...this.sourceVoices.values()].flatMap(({ speakers }) =>
      speakers.turns(longestPauseMs),
    );
  }

  /** Announced speakers with at least one turn, with their names. */
  private speakers(turns: readonly Turn[]): Speaker[] {
    const spoken = new Map<string, { source: Source; ms: number }>();
    for (const { speaker, source, startMs, endMs } of turns)
      spoken.set(speaker, { source, ms: (spoken.get(speaker)?.ms ?? 0) + endMs - startMs });
    const onMic = [...spoken.values()]
      .filter(({ source }) => source === 'mic')
      .reduce((sum, { ms }) => sum + ms, 0);
    const { projection } = this.setup;
    // The only speaker of the microphone before a crash is assumed to continue after it.
    const before = new Set(
      this.earlier.filter(({ source }) => source === 'mic').map(({ name }) => name),
    );
    const you = before.size === 1 ? ([...before][0] ?? 'You') : 'You';
    this.recognised = this.recognise(turns);
    const nameOf = (id: string, source: Source, ms: number): string =>
      source === 'mic' && ms >= DOMINANT * onMic ? you : `Speaker ${this.numbers.of(id)}`;
    return [...spoken]
      .filter(([id]) => this.announced.has(id))
      .map(([id, { source, ms }]) => {
        const known = projection.speakers.get(id);
        if (known?.named) return known;
        const others = [
          this.same.get(id),
          ...[...this.same].filter(([, of]) => of === id).map(([other]) => other),
        ].flatMap((other) => projection.speakers.get(other ?? '') ?? []);
        const named = others.find((other) => other.named);
        if (named) return { id, source, name: named.name };
        const like = [
          id,
          this.same.get(id),
          ...[...this.same].filter(([, of]) => of === id).map(([other]) => other),
        ].flatMap((one) => this.recognised.get(one ?? '') ?? [])[0];
        const recognised = like && {
          recognised: { name: like.name, similarity: Math.round(100 * like.similarity) / 100 },
        };
        if (like?.sure === true) return { id, source, name: like.name, ...recognised };
        const first = this.same.get(id);
        const voice = first === undefined ? undefined : spoken.get(first);
        return {
          id,
          source,
          name:
            first !== undefined && voice
              ? nameOf(first, voice.source, voice.ms)
              : nameOf(id, source, ms),
          ...recognised,
        };
      });
  }

  private voices(turns: readonly Turn[]): SourceVoice[] {
    const msOf = (id: string): number =>
      turns.reduce(
        (sum, { speaker, startMs, endMs }) => sum + (speaker === id ? endMs - startMs : 0),
        0,
      );
    return [...this.sourceVoices].flatMap(([source, { speakers }]) =>
      speakers.voices.map(({ id, centre }) => ({ id, source, centre, ms: msOf(id) })),
    );
  }

  /** Matches voices with stored voiceprints. A certain match does not change again. */
  private recognise(turns: readonly Turn[]): ReadonlyMap<string, Recognised> {
    const kept = this.setup.kept();
    if (kept.length === 0) return new Map();
    const found = recogniseVoices(
      this.voices(turns).filter(({ id }) => !this.rejectedMatches.has(id)),
      kept,
    );
    return new Map(
      [...found].map(([id, one]) => {
        const before = this.recognised.get(id);
        return [id, before?.name === one.name && before.sure ? before : one];
      }),
    );
  }

  /** Numbers the speakers from 1 without gaps, unless a person relies on the current numbers. */
  private renumber(turns: readonly Turn[]): void {
    if (this.reliedOn) return;
    const unnamed = new Set(
      this.speakers(turns)
        .filter(({ name }) => name.startsWith('Speaker '))
        .map(({ id }) => id),
    );
    const spoke = [...turns]
      .sort((a, b) => a.startMs - b.startMs)
      .map(({ speaker }) => this.same.get(speaker) ?? speaker);
    // Recognised speakers follow the unnamed speakers, so that a speaker whose name is removed gets
    // the next number. Merged voices come last.
    this.numbers.order([...spoke.filter((id) => unnamed.has(id)), ...spoke]);
  }

  /**
   * A person assigned a speaker or edited an insight, or segments from before a crash exist. The
   * numbers must then stay.
   */
  private get reliedOn(): boolean {
    return (
      this.pinned.size > 0 ||
      this.settled.size > 0 ||
      [...this.setup.projection.insights.values()].some(
        ({ edited, status }) => edited === true || status !== 'open',
      )
    );
  }

  /**
   * Announced voices that turned out to belong to other speakers. They have no turn, and no current
   * speaker has their number.
   */
  private gone(turns: readonly Turn[]): Speaker[] {
    const there = new Set(turns.map(({ speaker }) => speaker));
    const known = [...this.announced]
      .filter((id) => !there.has(id))
      .flatMap((id) => this.setup.projection.speakers.get(id) ?? []);
    return known
      .filter(({ named }) => !named)
      .map(({ recognised: _, ...speaker }) => ({
        ...speaker,
        name: this.reliedOn ? speaker.name : `Speaker ${this.numbers.of(speaker.id)}`,
        turns: [],
      }));
  }

  private changed(speakers: readonly Speaker[]): DurableEventBody[] {
    const { projection } = this.setup;
    const now = speakers.map((speaker) =>
      stillCalled(speaker, projection.speakers.get(speaker.id)),
    );
    return now
      .filter(
        (speaker) =>
          JSON.stringify(projection.speakers.get(speaker.id)) !== JSON.stringify(speaker),
      )
      .map((speaker) => ({ kind: 'speaker', speaker }));
  }

  /**
   * Segments whose speaker may change. Excluded: segments with a speaker chosen by a person, and
   * segments from before a crash.
   */
  private revisable(): readonly PackedSegment[] {
    return this.setup.projection.transcript
      .packed()
      .filter(
        ({ id, source }) =>
          !this.pinned.has(id) && !this.settled.has(id) && this.sourceVoices.has(source),
      );
  }

  /** Speaker of each segment, by segment id; marks these speakers as announced. */
  private voicesOf(
    turns: readonly Turn[],
    segments: readonly Spoken[],
  ): ReadonlyMap<string, string | undefined> {
    const voices = new Map(segments.map((segment) => [segment.id, this.voiceIn(turns, segment)]));
    for (const voice of voices.values())
      if (voice !== undefined && voice !== UNKNOWN) this.announced.add(voice);
    return voices;
  }

  /** @returns a voice's id or `UNKNOWN`; undefined if the source has no voice yet */
  private voiceIn(turns: readonly Turn[], segment: Spoken): string | undefined {
    const speakers = this.sourceVoices.get(segment.source)?.speakers;
    if (!speakers || turns.every(({ source }) => source !== segment.source)) return undefined;
    const speaker = speakerOfSpan(turns, segment);
    if (speaker === undefined) return UNKNOWN;
    return (speakers.similarity(speaker, segment.startMs, segment.endMs) ?? 1) < LEAST_SIMILARITY
      ? UNKNOWN
      : speaker;
  }

  /** @param split turns at which to split the segments; optional */
  private revisions(
    turns: readonly Turn[],
    voices: ReadonlyMap<string, string | undefined>,
    speakers: readonly Speaker[],
    split?: readonly Turn[],
  ): DurableEventBody[] {
    const names = namesOf(speakers);
    const revisions: Revision[] = [];
    for (const packed of this.revisable()) {
      const speaker = names.get(voices.get(packed.id));
      const also = alsoSpeaking(turns, packed, voices.get(packed.id), names);
      const same =
        (speaker === undefined || speaker === packed.speaker) &&
        sameNames(also.alsoSpeaking, packed.alsoSpeaking);
      if (!split && same) continue;
      const segment = unpackSegment(packed);
      const parts = split && !segment.hidden ? partsOf(split, segment) : [];
      const revision = segment.revision + 1;
      if (split && parts.length > 1) {
        const cut = parts.map((part, i) =>
          this.partOf(withoutOthers(segment), part.from, part.to, part.startMs, part.endMs, i),
        );
        const [first, ...added] = cut.map((part) => ({
          ...part,
          speaker: names.get(this.voiceIn(split, part)) ?? part.speaker,
          ...alsoSpeaking(split, part, this.voiceIn(split, part), names),
        }));
        if (first)
          revisions.push({
            segmentId: segment.id,
            revision,
            op: 'split',
            by: 'machine',
            segment: { ...first, revision },
            added,
          });
        continue;
      }
      if (!same)
        revisions.push({
          segmentId: segment.id,
          revision,
          op: 'speaker',
          by: 'machine',
          segment: {
            ...withoutOthers(segment),
            speaker: speaker ?? segment.speaker,
            ...also,
            revision,
          },
        });
    }
    return revisions.map((revision) => ({ kind: 'revision', revision }));
  }

  private partOf(
    segment: Segment,
    from: number,
    to: number,
    startMs: number,
    endMs: number,
    index: number,
  ): Segment {
    const words = (segment.words ?? []).slice(from, to);
    let number = index + 1;
    while (index > 0 && this.setup.projection.transcript.get(`${segment.id}.${number}`))
      number += 10;
    return {
      ...segment,
      id: index === 0 ? segment.id : `${segment.id}.${number}`,
      // A cut lies between speaker turns and may fall inside a word; the word stays whole.
      startMs: Math.min(startMs, words[0]?.startMs ?? startMs),
      endMs: Math.max(endMs, words.at(-1)?.endMs ?? endMs),
      words,
      text: words.map(({ text }) => text).join(' '),
      revision: 0,
    };
  }
}

/** Display name of a segment's voice. */
function namesOf(speakers: readonly Speaker[]): ReadonlyMap<string | undefined, string> {
  return new Map([[UNKNOWN, UNKNOWN], ...speakers.map(({ id, name }) => [id, name] as const)]);
}

/** Returns the greatest number that the pattern matches; 0 without a match. */
function highest(texts: readonly string[], pattern: RegExp): number {
  return texts.reduce((most, text) => Math.max(most, Number(pattern.exec(text)?.[1] ?? 0)), 0);
}
