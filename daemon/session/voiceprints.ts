/**
 * Voices of people: those that somebody agreed to keep, and those of sessions of now, which wait in
 * memory for that consent. Nothing of a voice leaves this room but whether it is there.
 */
import { EarmarkError } from '../../protocol/errors';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { EMBEDDING_WIDTH } from '../diarization/contract';
import { LEAST_SPEECH_MS, type NamedVoice } from '../diarization/recognise';
import type { SourceVoice } from '../diarization/samePerson';
import type { StoredVoice, VoiceStore } from './ports';

/** After its end a session's voices wait so long for a person to name them. */
const WAIT_MS = 30 * 60_000;
/** Sessions whose voices wait; the oldest goes first. A voice takes 1 KB. */
const MOST_WAITING = 32;
/** People whose voices are kept. */
const MOST_PEOPLE = 200;

/**
 * `kept`: known under this name already. `offered`: may be kept now. `none`: too little was heard,
 * or it is gone.
 */
export type VoiceStanding = 'kept' | 'offered' | 'none';

export interface VoiceprintPerson {
  readonly name: string;
  /** When the newest of the voice was kept, milliseconds since the epoch. */
  readonly keptMs: number;
  /** Sessions that its voice was kept from. */
  readonly sessions: number;
  /** All embeddings are of an earlier encoder: none can be compared. */
  readonly enrolAgain: boolean;
}

export interface VoiceprintsSetup {
  /** Absent where none are kept. */
  readonly store: VoiceStore | undefined;
  readonly clock: Clock;
  /**
   * A speaker's name, and the voices of its session while that runs. @throws EarmarkError
   * session.notFound, speaker.notFound
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

  /** Reads them anew. @throws EarmarkError store.locked, store.* */
  async refresh(): Promise<void> {
    this.all = (await this.setup.store?.voices()) ?? [];
  }

  /** Voices of the people of an owner that can be compared. */
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

  /** The voices of a session that is over. */
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
   * A person agreed. @throws EarmarkError session.notFound, speaker.notFound, speaker.noVoice,
   * rpc.tooMany, store.*
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
    // Embeddings of an earlier encoder are renewed by this one.
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

  /** @param name absent for everybody. @returns people that went */
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

/** Whether it was kept with the speaker encoder of now. */
function isCurrent({ centre }: StoredVoice): boolean {
  return centre.length === EMBEDDING_WIDTH;
}
