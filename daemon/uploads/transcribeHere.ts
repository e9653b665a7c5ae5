/** Transcribes the upload copy on this machine, as a meeting of its own. */
import { isEarmarkError } from '../../protocol/errors';
import { FRAME_MS } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Sessions } from '../session/api';
import { delay } from '../session/wait';
import type { Uploads } from './uploads';

/** Frames of a push: 2 s. */
const BATCH = 100;
/** Default delay if the session does not specify how long to wait. */
const WAIT_MS = 200;

/**
 * Starts the transcription.
 * @returns the session, which continues in the background; the copy is deleted when it is DONE
 * @throws EarmarkError as a session's start
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
        // The recognised text stays as a session, which receives no more audio.
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
