/**
 * The loudspeakers in the microphone of a running session: hidden before it is shown, or by a
 * revision; never lost.
 */
import { deepEqual } from 'node:assert/strict';
import { FRAME_SAMPLES } from '../../../daemon/audio/frame';
import type { SessionEvent } from '../../../daemon/session/contract/events';
import { framesAt, join, mixed, silence, talk } from '../transcript/echoAudio';
import { Harness, settle } from '../../../testing/harness/sessionHarness';

const SAID = 'today I am looking at the token refresh and its retries';
const SPOKEN = 'Today I am looking at token refresh and its retries.';

const pcmOf = (levels: Float32Array): Int16Array => {
  const pcm = new Int16Array(levels.length * FRAME_SAMPLES);
  // The scripted detector hears any audio as speech: what is softer than a room is silence here.
  framesAt(
    'mic',
    levels.map((db) => (db < -60 ? -90 : db)),
  ).forEach((frame, i) => pcm.set(frame.pcm, i * FRAME_SAMPLES));
  return pcm;
};

describe('session with the loudspeakers in the microphone', () => {
  const system = join(
    silence(20),
    talk(240, 3).map((db) => Math.max(db, -40)),
    silence(80),
  );
  const echo = mixed(silence(340), system, { lag: 3, gainDb: -10 });
  const other = join(
    silence(20),
    talk(240, 8).map((db) => Math.max(db, -40)),
    silence(80),
  );
  let h: Harness;
  let received: SessionEvent[];
  let id: string;
  const words: Record<string, string> = {};

  beforeEach(async () => {
    h = new Harness();
    received = [];
    h.engine.script = (word) => ({
      text: words[word] ?? '',
      words: [],
      confidence: 0.9,
      language: 'en',
      inferenceMs: 10,
    });
    id = await h.pushed(
      {
        kind: 'meeting',
        sources: [
          { source: 'mic', origin: { type: 'push' } },
          { source: 'system', origin: { type: 'push' } },
        ],
        partials: true,
      },
      (event) => received.push(event),
    );
  });
  afterEach(() => h.dispose());

  const loudest = (pcm: Int16Array): string =>
    `w${Math.round(pcm.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 100)}`;
  const says = (pcm: Int16Array, text: string): Int16Array => {
    words[loudest(pcm)] = text;
    return pcm;
  };
  const push = (source: 'mic' | 'system', pcm: Int16Array): void => void h.push(id, source, 0, pcm);
  const finals = (): readonly string[] =>
    received.flatMap((event) =>
      event.kind === 'final' && event.segment.source === 'mic'
        ? [event.segment.hidden ? `(${event.segment.text})` : event.segment.text]
        : [],
    );
  const revisions = (): readonly string[] =>
    received.flatMap((event) =>
      event.kind === 'revision'
        ? [`${event.revision.op} by ${event.revision.by}: ${event.revision.segment.text}`]
        : [],
    );
  const check = async (expected: {
    finals: readonly string[];
    revisions: readonly string[];
    seen: readonly string[];
    echoes: number;
  }): Promise<void> => {
    const { transcript, stats } = await h.manager.get(id);
    deepEqual(
      {
        finals: finals(),
        revisions: revisions(),
        seen: transcript
          .filter(({ hidden }) => !hidden)
          .map(({ speaker, text }) => `${speaker}: ${text}`),
        echoes: stats['echoes'],
      },
      expected,
    );
  };

  it('hides the copy before anybody sees it, and keeps it', async () => {
    push('system', says(pcmOf(system), SAID));
    await settle();
    push('mic', says(pcmOf(echo), SPOKEN));
    await h.pass(0);
    await check({ finals: [`(${SPOKEN})`], revisions: [], seen: [`Others: ${SAID}`], echoes: 1 });
  });

  it('waits half a second for the words of the system', async () => {
    const [theirs, mine] = [says(pcmOf(system), SAID), says(pcmOf(echo), SPOKEN)];
    // The system's audio comes, its end does not: the phrase stays open.
    push('system', theirs.slice(0, 262 * FRAME_SAMPLES));
    await settle();
    push('mic', mine);
    await h.pass(400);
    const held = finals();
    h.push(id, 'system', 262, theirs.slice(262 * FRAME_SAMPLES));
    await h.pass(0);
    deepEqual(held, []);
    await check({ finals: [`(${SPOKEN})`], revisions: [], seen: [`Others: ${SAID}`], echoes: 1 });
  });

  it('shows it after that, and hides it when they come', async () => {
    const [theirs, mine] = [says(pcmOf(system), SAID), says(pcmOf(echo), SPOKEN)];
    push('system', theirs.slice(0, 262 * FRAME_SAMPLES));
    await settle();
    push('mic', mine);
    await h.pass(0);
    await h.pass(500);
    const shown = finals();
    h.push(id, 'system', 262, theirs.slice(262 * FRAME_SAMPLES));
    await h.pass(0);
    deepEqual(shown, [SPOKEN]);
    await check({
      finals: [SPOKEN],
      revisions: [`hide by machine: ${SPOKEN}`],
      seen: [`Others: ${SAID}`],
      echoes: 1,
    });
  });

  it('passes another voice at once', async () => {
    push('system', says(pcmOf(system), SAID));
    await settle();
    push('mic', says(pcmOf(other), 'In my opinion we wait.'));
    await h.pass(0);
    await check({
      finals: ['In my opinion we wait.'],
      revisions: [],
      seen: [`Others: ${SAID}`, 'You: In my opinion we wait.'],
      echoes: 0,
    });
  });

  it('gives what is held when the session ends', async () => {
    const [theirs, mine] = [says(pcmOf(system), ''), says(pcmOf(echo), SPOKEN)];
    push('system', theirs);
    await settle();
    push('mic', mine);
    await h.pass(0);
    const held = finals();
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    deepEqual(
      { held, after: finals(), state: (await h.manager.get(id)).record.state },
      { held: [], after: [SPOKEN], state: 'DONE' },
    );
  });

  it("shows no words in the making that are the loudspeakers'", async () => {
    const partials = (): readonly string[] =>
      received.flatMap((event) =>
        event.kind === 'partial' && event.source === 'mic' && event.stable + event.unstable !== ''
          ? [`${event.stable}${event.unstable}`]
          : [],
      );
    const talkInto = async (mine: Int16Array): Promise<void> => {
      const theirs = pcmOf(system);
      for (let frame = 0; frame < 260; frame += 5) {
        const part = (pcm: Int16Array): Int16Array =>
          pcm.slice(frame * FRAME_SAMPLES, (frame + 5) * FRAME_SAMPLES);
        h.push(id, 'system', frame, part(theirs));
        h.push(id, 'mic', frame, part(mine));
        await h.pass(100);
      }
    };
    h.engine.script = () => ({
      text: 'some words',
      words: [],
      confidence: 0.9,
      language: 'en',
      inferenceMs: 10,
    });
    await talkInto(pcmOf(echo));
    const ofEcho = partials().length;
    h.dispose();
    h = new Harness();
    h.engine.script = () => ({
      text: 'some words',
      words: [],
      confidence: 0.9,
      language: 'en',
      inferenceMs: 10,
    });
    id = await h.pushed(
      {
        kind: 'meeting',
        sources: [
          { source: 'mic', origin: { type: 'push' } },
          { source: 'system', origin: { type: 'push' } },
        ],
        partials: true,
      },
      (event) => received.push(event),
    );
    await talkInto(pcmOf(other));
    deepEqual([ofEcho, partials().length > 0], [0, true]);
  });
});
