/**
 * Replaced parts of a daemon in tests: an engine that recognises loudness, and recorders that
 * repeat a word.
 */
import { FRAME_SAMPLES, type Source } from '../../../daemon/audio/frame';
import type { Clock } from '../../../daemon/base/clock';
import type { ComposeOptions } from '../../../daemon/compose';
import { phrases } from '../../harness/sessionHarness';
import { FakeModels } from '../fakeModels';
import { LOUDNESS, ScriptedEngine, scriptedEngines } from './scriptedEngine';

const TICK_MS = 100;
/** A word of tone and a pause, in ticks. */
const WORD = { loud: 4, all: 10, perTick: 1 };
/** Long enough for a sentence, at three times real speed. */
const SENTENCE = { loud: 8, all: 12, perTick: 3 };

/** Repeats `w7` on the microphone and `w9` on the speakers. */
function capture(clock: Clock, sentences: () => boolean) {
  return {
    abilities: () =>
      Promise.resolve({
        microphones: [{ id: 'tone', name: 'Tone', isDefault: true, recorder: 'sox' as const }],
        systems: [
          { id: 'tone.monitor', name: 'Speakers', isDefault: true, recorder: 'parec' as const },
        ],
        recorders: [],
        advice: [],
      }),
    start: (
      source: 'mic' | 'system',
      _device: string | undefined,
      handlers: { onData(pcm: Int16Array): void },
    ) => {
      let tick = 0;
      const begunMs = clock.now();
      const timer = clock.setInterval(() => {
        // Delivers the audio of late timers, because a recorder loses nothing on a loaded machine.
        for (; tick < Math.round((clock.now() - begunMs) / TICK_MS); tick++) {
          const { loud, all, perTick } = sentences() ? SENTENCE : WORD;
          const n = sentences() ? 1 + Math.floor(tick / all) : source === 'mic' ? 7 : 9;
          handlers.onData(
            new Int16Array(FRAME_SAMPLES * 5 * perTick).fill(tick % all < loud ? n * LOUDNESS : 0),
          );
        }
      }, TICK_MS);
      return Promise.resolve({
        source: source as Source,
        device: 'tone',
        recorder: 'fake',
        stop: () => Promise.resolve(timer.dispose()),
      });
    },
    dispose: () => Promise.resolve(),
  };
}

/** @param says phrases that replace the words of the tone; called at every decode */
export function scriptedParts(
  says?: () => readonly string[] | undefined,
): Pick<ComposeOptions, 'engines' | 'models' | 'capture' | 'phrases' | 'voices'> {
  const engine = new ScriptedEngine();
  engine.script = (word) => {
    // The nth sentence is n times as loud as the first.
    const all = says?.();
    if (all === undefined) return undefined;
    const text = all[Number(word.slice(1)) - 1];
    return {
      text: text ?? '',
      words:
        text === undefined
          ? []
          : [{ text, startMs: 0, endMs: 300, confidence: 0.9, timing: 'estimated' }],
      confidence: 0.9,
      language: 'en',
      inferenceMs: 10,
    };
  };
  return {
    engines: () => scriptedEngines(engine),
    models: () => new FakeModels(),
    capture: ({ clock }) => capture(clock, () => says?.() !== undefined),
    phrases,
    voices: 'none',
  };
}
