/**
 * Somebody who talks to a team without end, in sessions of the same words, and writes down what
 * came back when.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection, createFramePusher } from '../../client';
import { FRAME_MS, FRAME_SAMPLES } from '../../protocol/audio';
import { SessionDelete, SessionGet, type SessionEvent, SessionStop } from '../../protocol/session';
import { retried } from '../harness/retried';
import { FIRST_WORD } from '../processes/teamClient';
import { PAUSE_FRAMES, say, WORD_FRAMES } from '../harness/sessionHarness';

/** While a part of the team is away, and a moment after. */
const AGAIN = { again: 240, pauseMs: 500 };
const ASK_MS = 5_000;
const DONE_MS = 180_000;
const CHUNK_FRAMES = 5;
const LOOK_MS = 20;

/** Audio or a word that was said at one time and told to be kept at another; `performance.now`. */
export interface Spoken {
  readonly sessionId: string;
  /** Counts the words, or pieces of audio, of its session from 1 on. */
  readonly nth: number;
  readonly saidMs: number;
  keptMs: number | undefined;
}

export interface ClientReport {
  readonly utterances: Spoken[];
  readonly words: Spoken[];
  /** When a connection was lost. */
  readonly lostMs: number[];
  sessions: number;
  finals: number;
  /** Frames that were told to be kept and that the next server did not have. */
  acknowledgedLost: number;
  /** Frames that the client had to leave out. */
  dropped: number;
  wordsLost: number;
  wordsDoubled: number;
  /**
   * Sessions whose segments have other bounds than in the undisturbed run, by more than a frame.
   */
  otherBounds: number;
  eventsMissing: number;
  /** Sessions that did not come to their end, each with why. */
  readonly failed: string[];
}

interface Segment {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface PersonSetup {
  readonly url: string;
  readonly token: string;
  readonly words: number;
  /** Told of a session that is not as it should be. */
  readonly onBad: (sessionId: string, what: string) => void;
}

export class Person {
  readonly report: ClientReport = {
    utterances: [],
    words: [],
    lostMs: [],
    sessions: 0,
    finals: 0,
    acknowledgedLost: 0,
    dropped: 0,
    wordsLost: 0,
    wordsDoubled: 0,
    otherBounds: 0,
    eventsMissing: 0,
    failed: [],
  };
  private undisturbed: readonly Segment[] | undefined;
  private stopping = false;
  private talking: Promise<void> | undefined;

  constructor(private readonly setup: PersonSetup) {}

  /** One session that nothing disturbs; what is said later is compared with it. */
  async rehearse(): Promise<void> {
    this.undisturbed = await this.session();
  }

  /** One session after the other, until `stop`. */
  talk(): void {
    this.talking = (async () => {
      while (!this.stopping) {
        await this.session().catch((error: unknown) =>
          this.report.failed.push(error instanceof Error ? error.message : String(error)),
        );
      }
    })();
  }

  /** Resolves when the session that runs has come to its end. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.talking;
  }

  /** Over a connection of its own, so that a server that came back has clients again soon. */
  private async session(): Promise<readonly Segment[]> {
    const { url, token } = this.setup;
    const connection = createConnection({
      stateDir: '/nowhere',
      client: { name: 'bench', version: '0' },
      timeoutMs: 5_000,
      remote: { url, token },
    });
    let over = false;
    connection.onDidChangeState(
      ({ from }) =>
        from.kind === 'connected' && !over && this.report.lostMs.push(performance.now()),
    );
    try {
      return await this.talkOver(connection);
    } finally {
      over = true;
      connection.dispose();
    }
  }

  private async talkOver(connection: Connection): Promise<readonly Segment[]> {
    const { report } = this;
    const said = Array.from({ length: this.setup.words }, (_, i) => `w${i + FIRST_WORD}`);
    const words = new Map<string, Spoken>();
    const finals: Segment[] = [];
    let [last, missing, done] = [0, 0, false];
    const receive = (event: SessionEvent): void => {
      if ('seq' in event) {
        if (event.seq !== last + 1) missing++;
        last = event.seq;
      }
      if (event.kind === 'state') done ||= event.to === 'DONE';
      if (event.kind !== 'final') return;
      finals.push({
        text: event.segment.text,
        startMs: event.segment.startMs,
        endMs: event.segment.endMs,
      });
      const word = words.get(event.segment.text);
      if (word) word.keptMs ??= performance.now();
    };
    const key = randomUUID();
    const subscription = await retried(AGAIN, () =>
      connection.start(
        {
          key,
          kind: 'file',
          sources: [{ source: 'mic', origin: { type: 'push' } }],
          partials: false,
          insights: false,
        },
        receive,
      ),
    );
    const { sessionId } = subscription;
    const pusher = createFramePusher(connection, subscription, { source: 'mic' });
    const waiting: { readonly frames: number; readonly spoken: Spoken }[] = [];
    const look = setInterval(() => {
      for (
        let first = waiting[0];
        first !== undefined && first.frames <= pusher.acknowledged;
        first = waiting[0]
      ) {
        first.spoken.keptMs = performance.now();
        waiting.shift();
      }
    }, LOOK_MS);
    const bad = (what: string): void => this.setup.onBad(sessionId, what);
    const attached = subscription.onDidAttach(({ state }) => {
      const [acknowledged, next] = [pusher.acknowledged, subscription.nextFrames.get('mic') ?? 0];
      // One that is done asks for no frames; whether it has all of them its words say.
      if (state === 'DONE' || acknowledged <= next) return;
      report.acknowledgedLost += acknowledged - next;
      bad(
        `${state}: asks for sound from ${next} on, and had ${acknowledged} of ${pusher.nextSeq} frames`,
      );
    });
    try {
      const begun = performance.now();
      const perWord = WORD_FRAMES + PAUSE_FRAMES;
      let pieces = 1;
      for (let i = 0; i < said.length; i++) {
        const audio = say(i + FIRST_WORD);
        for (let at = 0; at < perWord; at += CHUNK_FRAMES) {
          await delay(
            Math.max(0, begun + (i * perWord + at + CHUNK_FRAMES) * FRAME_MS - performance.now()),
          );
          pusher.write(audio.subarray(at * FRAME_SAMPLES, (at + CHUNK_FRAMES) * FRAME_SAMPLES));
          const spoken: Spoken = {
            sessionId,
            nth: pieces++,
            saidMs: performance.now(),
            keptMs: undefined,
          };
          report.utterances.push(spoken);
          waiting.push({ frames: pusher.nextSeq, spoken });
          if (at + CHUNK_FRAMES !== WORD_FRAMES) continue;
          const word: Spoken = {
            sessionId,
            nth: i + 1,
            saidMs: performance.now(),
            keptMs: undefined,
          };
          words.set(said[i] ?? '', word);
          report.words.push(word);
        }
      }
      await pusher.end();
      await retried(AGAIN, () =>
        connection.request(SessionStop, { sessionId }, { timeoutMs: ASK_MS }),
      );
      for (const end = performance.now() + DONE_MS; !done && performance.now() < end;)
        await delay(50);
      const { segments, session } = await retried(AGAIN, () =>
        connection.request(SessionGet, { sessionId }, { timeoutMs: ASK_MS }),
      );
      if (!done || session.state !== 'DONE')
        throw new Error(
          `A session stayed in ${session.state}${done ? '' : ', and its client was not told of an end'}.`,
        );
      report.dropped += pusher.dropped;
      report.eventsMissing += missing;
      report.finals += finals.length;
      const kept = segments.map(({ text, startMs, endMs }) => ({ text, startMs, endMs }));
      for (const list of [kept, finals]) {
        const recognised = list.map(({ text }) => text);
        const [lost, doubled] = [
          said.filter((word) => !recognised.includes(word)).length,
          recognised.length -
            new Set(recognised).size +
            recognised.filter((word) => !said.includes(word)).length,
        ];
        report.wordsLost += lost;
        report.wordsDoubled += doubled;
        if (lost + doubled > 0 || recognised.join() !== said.join())
          bad(`heard ${recognised.join(' ')}`);
      }
      const other = kept.filter(({ startMs, endMs }, i) => {
        const clean = this.undisturbed?.[i];
        return (
          clean !== undefined &&
          (Math.abs(startMs - clean.startMs) > FRAME_MS || Math.abs(endMs - clean.endMs) > FRAME_MS)
        );
      });
      if (other.length > 0) {
        report.otherBounds++;
        bad(
          `other bounds: ${other.map(({ text, startMs, endMs }) => `${text} ${startMs}-${endMs}`).join(', ')}`,
        );
      }
      await connection
        .request(SessionDelete, { sessionId }, { timeoutMs: ASK_MS })
        .catch(() => undefined);
      return kept;
    } catch (error) {
      bad(error instanceof Error ? error.message : String(error));
      // It counts as failed; what it leaves behind would be late in every fault that follows.
      const left = new Set(
        [...words.values(), ...waiting.map(({ spoken }) => spoken)].filter(
          ({ keptMs }) => keptMs === undefined,
        ),
      );
      for (const list of [report.utterances, report.words])
        list.splice(0, Infinity, ...list.filter((spoken) => !left.has(spoken)));
      throw error;
    } finally {
      report.sessions++;
      clearInterval(look);
      attached.dispose();
      pusher.dispose();
      subscription.dispose();
    }
  }
}
