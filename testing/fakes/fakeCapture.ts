/** Recorders without audio devices: a test pushes audio, ends them, or makes them fail. */
import { type EarmarkError } from '../../protocol/errors';
import type { Capture, Recording, RecordingHandlers } from '../../daemon/audio/capture';

export interface FakeRecording extends Recording {
  readonly handlers: RecordingHandlers;
  readonly stopped: boolean;
}

export class FakeCapture implements Capture {
  readonly recordings: FakeRecording[] = [];
  /** Errors of the next starts, one for each start. */
  readonly failures: EarmarkError[] = [];
  /** While set, a start waits for this promise. */
  gate: Promise<void> | undefined;
  /** While set, recorders never end. */
  hangs = false;

  async start(
    source: 'mic' | 'system',
    device: string | undefined,
    handlers: RecordingHandlers,
  ): Promise<Recording> {
    await this.gate;
    const failure = this.failures.shift();
    if (failure) throw failure;
    const { hangs } = this;
    let stopped = false;
    const recording: FakeRecording = {
      source,
      handlers: {
        onData: (pcm) => handlers.onData(pcm),
        onEnd: (error) => {
          stopped = true;
          handlers.onEnd(error);
        },
      },
      device: device ?? 'default',
      recorder: 'fake',
      get stopped() {
        return stopped;
      },
      stop: () => {
        stopped = true;
        return hangs ? new Promise(() => undefined) : Promise.resolve();
      },
    };
    this.recordings.push(recording);
    return recording;
  }

  /** Running recorders. */
  get open(): readonly FakeRecording[] {
    return this.recordings.filter(({ stopped }) => !stopped);
  }

  of(source: 'mic' | 'system'): FakeRecording {
    const found = this.open.find((recording) => recording.source === source);
    if (!found) throw new Error(`No recorder of ${source} runs.`);
    return found;
  }
}
