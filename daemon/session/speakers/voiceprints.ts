/**
 * Voiceprints: voices stored after consent, and voices of recent sessions that wait in memory for
 * consent. Only the presence of a voice leaves this room, never its data.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { EMBEDDING_WIDTH } from '../../diarization/contract';
import { LEAST_SPEECH_MS, type NamedVoice } from '../../diarization/recognise';
import type { SourceVoice } from '../../diarization/samePerson';
import type { StoredVoice, VoiceStore } from '../contract/voices';

/** Time after a session's end during which its voices can be named and stored. */
const WAIT_MS = 30 * 60_000;
/** Maximum number of sessions with waiting voices; the oldest is dropped. A voice takes 1 KB. */
const MOST_WAITING = 32;
/** Maximum number of people with stored voices. */
const MOST_PEOPLE = 200;

/**
 * `kept`: stored under this name. `offered`: can be stored now. `none`: too little speech, or no
 * longer in memory.
 */
export type VoiceStanding = 'kept' | 'offered' | 'none';

export interface VoiceprintPerson {
  readonly name: string;
  /** Time when the newest voice was stored, milliseconds since the epoch. */
  readonly keptMs: number;
  /** Number of sessions with a stored voice of this person. */
  readonly sessions: number;
  /** True if all embeddings come from an earlier encoder, so that none is comparable. */
  readonly enrolAgain: boolean;
}

export interface VoiceprintsSetup {
  /** Absent if voices are not stored. */
  readonly store: VoiceStore | undefined;
  readonly clock: Clock;
  /**
   * Returns a speaker's name, and the session's voices while it runs.
   * @throws EarmarkError session.notFound, speaker.notFound
   */
  readonly speaker: (
    sessionId: string,
    speakerId: string,
  ) => Promise<{ readonly name: string; readonly live?: readonly SourceVoice[] }>;
}

export class Voiceprints implements Disposable {
  private readonly waiting = new Map<
    string,
    { readonly voices: readonly SourceVoice[]; readonly end: Disposable }
  >();
  private all: readonly StoredVoice[] = [];

  constructor(private readonly setup: VoiceprintsSetup) {}

  /**
   * Reads the voices from the store again.
   * @throws EarmarkError store.locked, store.*
   */
  async refresh(): Promise<void> {
    this.all = (await this.setup.store?.voices()) ?? [];
  }

  /** Comparable voices that belong to an owner. */
  of(owner: string | undefined): readonly NamedVoice[] {
    return this.own(owner).filter(isCurrent);
  }

  async people(owner: string | undefined): Promise<readonly VoiceprintPerson[]> {
    await this.refresh();
    const people = new Map<string, VoiceprintPerson>();
    for (const voice of this.own(owner)) {
      const { name, keptMs } = voice;
      const known = people.get(name);
      people.set(name, {
        name,
        keptMs: Math.max(keptMs, known?.keptMs ?? 0),
        sessions: 1 + (known?.sessions ?? 0),
        enrolAgain: known?.enrolAgain !== false && !isCurrent(voice),
      });
    }
    return [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Holds the voices of an ended session in memory. */
  wait(sessionId: string, voices: readonly SourceVoice[]): void {
    this.drop(sessionId);
    if (voices.length === 0) return;
    const oldest = this.waiting.keys().next();
    if (this.waiting.size >= MOST_WAITING && oldest.done !== true) this.drop(oldest.value);
    this.waiting.set(sessionId, {
      voices,
      end: this.setup.clock.setTimeout(() => this.drop(sessionId), WAIT_MS),
    });
  }

  /** @throws EarmarkError session.notFound, speaker.notFound */
  async standing(
    sessionId: string,
    speakerId: string,
    owner: string | undefined,
  ): Promise<VoiceStanding> {
    const { name, live } = await this.setup.speaker(sessionId, speakerId);
    if (this.of(owner).some((voice) => voice.name === name)) return 'kept';
    return this.setup.store && this.find(sessionId, speakerId, live) ? 'offered' : 'none';
  }

  /**
   * Stores a voice, because a person consented.
   * @throws EarmarkError session.notFound, speaker.notFound, speaker.noVoice, rpc.tooMany, store.*
   */
  async keep(sessionId: string, speakerId: string, owner: string | undefined): Promise<void> {
    const { name, live } = await this.setup.speaker(sessionId, speakerId);
    const { store } = this.setup;
    const voice = this.find(sessionId, speakerId, live);
    if (!voice || !store)
      throw new EarmarkError(
        'speaker.noVoice',
        'This voice is gone or has less than ten seconds of speech; name the speaker ' +
          'again in a later meeting.',
      );
    const people = await this.people(owner);
    if (people.length >= MOST_PEOPLE && people.every((person) => person.name !== name))
      throw new EarmarkError(
        'rpc.tooMany',
        `The voices of ${MOST_PEOPLE} people are already stored; forget some of them ` + 'first.',
      );
    // The new embedding replaces embeddings of an earlier encoder.
    if (people.some((person) => person.name === name && person.enrolAgain))
      await store.forgetVoices(owner, name);
    await store.keepVoice({
      name,
      ...(owner === undefined ? {} : { owner }),
      sessionId,
      keptMs: this.setup.clock.wall(),
      speechMs: voice.ms,
      centre: voice.centre,
    });
    await this.refresh();
  }

  /**
   * @param name absent: all people
   * @returns number of deleted people
   */
  async forget(owner: string | undefined, name?: string): Promise<number> {
    const gone = (await this.people(owner)).filter(
      (person) => name === undefined || person.name === name,
    );
    if (gone.length > 0) await this.setup.store?.forgetVoices(owner, name);
    await this.refresh();
    return gone.length;
  }

  /** Discards the pending voices of a session. */
  drop(sessionId: string): void {
    this.waiting.get(sessionId)?.end.dispose();
    this.waiting.delete(sessionId);
  }

  dispose(): void {
    for (const id of [...this.waiting.keys()]) this.drop(id);
  }

  private own(owner: string | undefined): readonly StoredVoice[] {
    return this.all.filter((voice) => voice.owner === owner);
  }

  private find(
    sessionId: string,
    speakerId: string,
    live: readonly SourceVoice[] | undefined,
  ): SourceVoice | undefined {
    const voices = live ?? this.waiting.get(sessionId)?.voices ?? [];
    return voices.find(({ id, ms }) => id === speakerId && ms >= LEAST_SPEECH_MS);
  }
}

/** Returns true if the voice was stored with the current speaker encoder. */
function isCurrent({ centre }: StoredVoice): boolean {
  return centre.length === EMBEDDING_WIDTH;
}
