/** The parts of a daemon that tests replace: an engine that hears loudness, and recorders that say a word over and over. */
import { FRAME_SAMPLES, type Source } from '../../daemon/audio/frame';
import type { Clock } from '../../daemon/base/clock';
import type { ComposeOptions } from '../../daemon/compose';
import { phrases } from '../unit/session/harness';
import { FakeModels } from './fakeModels';
import { LOUDNESS, ScriptedEngine, scriptedEngines } from './scriptedEngine';

/** Says `w7` on the microphone and `w9` on the speakers, over and over. */
function capture(clock: Clock) {
  return {
    abilities: () => Promise.resolve({ microphones: [{ id: 'tone', name: 'Tone', isDefault: true, recorder: 'sox' as const }], systems: [{ id: 'tone.monitor', name: 'Speakers', isDefault: true, recorder: 'parec' as const }], recorders: [], advice: [] }),
    start: (source: 'mic' | 'system', _device: string | undefined, handlers: { onData(pcm: Int16Array): void }) => {
      let tick = 0;
      const loud = new Int16Array(FRAME_SAMPLES * 5).fill((source === 'mic' ? 7 : 9) * LOUDNESS);
      const timer = clock.setInterval(() => handlers.onData(tick++ % 10 < 4 ? loud.slice() : new Int16Array(FRAME_SAMPLES * 5)), 100);
      return Promise.resolve({ source: source as Source, device: 'tone', recorder: 'fake', stop: () => Promise.resolve(timer.dispose()) });
    },
    dispose: () => Promise.resolve(),
  };
}

export function scriptedParts(): Pick<ComposeOptions, 'engines' | 'models' | 'capture' | 'phrases' | 'voices'> {
  return { engines: () => scriptedEngines(new ScriptedEngine()), models: () => new FakeModels(), capture: ({ clock }) => capture(clock), phrases, voices: 'none' };
}
