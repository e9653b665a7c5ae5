/** Recognition workers that are killed with SIGKILL at random moments while phrases are decoded: what is lost, and how soon words come again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ManagedSpeechEngine } from '../daemon/asr/speechEngineApi';

export interface KillReport {
  readonly kills: number;
  readonly phrases: number;
  /** Phrases whose decode ended without the words of the others. */
  readonly lost: number;
  /** Phrases that were answered more than once. */
  readonly doubled: number;
  /** Milliseconds from each kill to the next text, sorted. */
  readonly nextTextMs: readonly number[];
}

/** The sentence that every model decodes when it warms up. */
export function warmUpPhrase(): Float32Array {
  const bytes = readFileSync(join(__dirname, '..', 'daemon/adapters/inference/warmUp.s16'));
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768);
}

/** @param engine ready, with a budget of restarts that is larger than `kills` */
export async function killWorkers(engine: ManagedSpeechEngine, kills: number, random: () => number): Promise<KillReport> {
  const pcm = warmUpPhrase();
  const answers = new Map<number, string[]>();
  const killed: number[] = [];
  const nextTextMs: number[] = [];
  let done = 0;
  let spoken = 0;
  const lane = async (session: string): Promise<void> => {
    while (done < kills) {
      const id = spoken++;
      answers.set(id, []);
      // As a session does: a phrase that failed is decoded again.
      for (let tries = 0; tries < 2 && answers.get(id)?.length === 0; tries++) {
        const result = await engine.decode(pcm, { language: 'en', priority: 'final', sessionId: session }).catch(() => undefined);
        if (result) answers.get(id)?.push(result.text);
      }
      for (const at of killed.splice(0)) nextTextMs.push(performance.now() - at);
    }
  };
  const killer = async (): Promise<void> => {
    while (done < kills) {
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 400));
      const pids = engine.workers().filter(({ name, state }) => name !== 'vad' && (state === 'busy' || state === 'ready')).flatMap(({ pid }) => pid ?? []);
      const pid = pids[Math.floor(random() * pids.length)];
      if (pid === undefined) continue;
      process.kill(pid, 'SIGKILL');
      killed.push(performance.now());
      done++;
    }
  };
  await Promise.all([lane('a'), lane('b'), killer()]);
  const texts = [...answers.values()];
  const right = texts.flat().sort((a, b) => texts.flat().filter((t) => t === b).length - texts.flat().filter((t) => t === a).length)[0];
  return { kills, phrases: texts.length, lost: texts.filter((t) => t[0] !== right || right === '').length, doubled: texts.filter((t) => t.length > 1).length, nextTextMs: nextTextMs.sort((a, b) => a - b) };
}
