/** Transcribes the upload copy on this machine, as a meeting of its own. */
import { isEarmarkError } from '../../protocol/errors';
import { FRAME_SAMPLES } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Sessions } from '../session/contract/api';
import { delay } from '../base/wait';
import type { Copy } from './copy';
import type { RecordedSource } from './ports';
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
  /** @returns number of frames, up to a break of the capture clock */
  const push = async (
    sessionId: string,
    copy: Pick<Copy, 'read'>,
    source: RecordedSource,
    seq: number,
    end: number,
  ): Promise<number> => {
    const { captureMs, pcm } = copy.read(source, seq, end - seq);
    while (!(await taken(() => sessions.push(sessionId, source, seq, captureMs, pcm))))
      await delay(clock, WAIT_MS);
    return pcm.length / FRAME_SAMPLES;
  };
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
            const end = Math.min(seq + BATCH, copy.frames(source));
            for (let at = seq; at < end;) at += await push(sessionId, copy, source, at, end);
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
