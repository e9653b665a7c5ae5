/** An inference worker that hosts a recogniser: a decoder of the engine. */
import { Deadlines } from '../../../asr/engine/deadline';
import { type DecodeThreads, threadsOfNext } from '../../../asr/choice/decodeThreads';
import type { AsrResult, DecodeRequest, RecogniserStream } from '../../../asr/contract/provider';
import type { Decoder } from '../../../asr/engine/speechEngine';
import { type SupervisorSetup, WorkerSupervisor } from './supervisor';

/** What the workers of an engine share. */
export class WorkerCrew {
  readonly deadlines = new Deadlines();
  /** Decodes in progress. */
  decodes = 0;

  /** @param idleCores returns the idle cores of the machine */
  constructor(
    private readonly runs: DecodeThreads,
    private readonly idleCores: () => number,
  ) {}

  /** Threads of the next decode. A partial must not delay a final that comes meanwhile. */
  threadsFor({ purpose = 'final' }: DecodeRequest): number {
    return purpose === 'final'
      ? threadsOfNext(this.runs, this.decodes, this.idleCores())
      : this.runs.threads;
  }
}

/** Number of the next stream; unique over all workers. */
let nextStream = 1;

export class RecogniserWorker extends WorkerSupervisor implements Decoder {
  constructor(
    setup: SupervisorSetup,
    private readonly crew: WorkerCrew,
  ) {
    super(setup);
  }

  async transcribe(
    pcm: Float32Array,
    request: DecodeRequest,
    signal: AbortSignal,
  ): Promise<AsrResult> {
    const { crew } = this;
    const options = { ...request, threads: crew.threadsFor(request) };
    crew.decodes++;
    try {
      const timeoutMs = crew.deadlines.of(pcm.length);
      const result = await this.call('transcribe', { pcm, options }, { timeoutMs, signal });
      crew.deadlines.took(pcm.length, result);
      return result;
    } finally {
      crew.decodes--;
    }
  }

  async openStream(options: DecodeRequest): Promise<RecogniserStream | undefined> {
    const stream = nextStream++;
    const timeout = (samples: number): { timeoutMs: number } => ({
      timeoutMs: this.crew.deadlines.of(samples),
    });
    if (!(await this.call('openStream', { stream, options }, timeout(0)))) return undefined;
    return {
      push: (pcm) => this.call('pushAudio', { stream, pcm }, timeout(pcm.length)),
      end: () => this.call('endStream', { stream }, timeout(0)),
      // A worker that restarted has no streams to close.
      close: () => void this.call('closeStream', { stream }, timeout(0)).catch(() => undefined),
    };
  }
}
