/**
 * Transcribes the copy of a recording with the engines of this machine, as a meeting of its own.
 */
import { isEarmarkError } from '../../protocol/errors';
import { FRAME_MS } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Sessions } from '../session/api';
import { delay } from '../session/wait';
import type { Uploads } from './uploads';

/** Frames pushed at once: 2 s. */
const BATCH = 100;
/** Where the session says for how long to wait, that; else this. */
const WAIT_MS = 200;

/**
 *
 * @returns the session, which goes on by itself; the copy goes when it is DONE. @throws
 * EarmarkError of a session's start
 */
export async function transcribeHere(
  uploads: Uploads,
  id: string,
  sessions: Pick<Sessions, 'start' | 'push' | 'stop' | 'whenEnded'>,
  clock: Clock,
): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    uploads.borrow(id, async (copy, { remote, startedAt, sources }) => {
      let begun: string | undefined;
      try {
        const { session } = await sessions.start({
          kind: 'meeting',
          title: `Recording for ${remote}`,
          startedAt,
          live: false,
          partials: false,
          insights: true,
          sources: sources.map(({ source }) => ({ source, origin: { type: 'push' as const } })),
        });
        const sessionId = session.record.id;
        begun = sessionId;
        resolve(sessionId);
        const longest = Math.max(0, ...sources.map(({ source }) => copy.frames(source)));
        for (let seq = 0; seq < longest; seq += BATCH) {
          for (const { source } of sources) {
            const count = Math.min(BATCH, copy.frames(source) - seq);
            if (count <= 0) continue;
            const pcm = copy.read(source, seq, count);
            while (!(await taken(() => sessions.push(sessionId, source, seq, seq * FRAME_MS, pcm))))
              await delay(clock, WAIT_MS);
          }
        }
        await sessions.stop(sessionId, 'upload.transcribed');
        return (await sessions.whenEnded(sessionId)) === 'DONE' ? 'done' : 'keep';
      } catch (error) {
        // What was heard stays as a session; nobody sends it any more.
        if (begun !== undefined) await sessions.stop(begun, 'upload.failed').catch(() => undefined);
        reject(error instanceof Error ? error : new Error(String(error)));
        return 'keep';
      }
    });
  });
}

async function taken(push: () => Promise<unknown>): Promise<boolean> {
  try {
    await push();
    return true;
  } catch (error) {
    if (isEarmarkError(error, 'audio.tooFast')) return false;
    throw error;
  }
}
