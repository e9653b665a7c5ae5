/** Who speaks, by source: the microphone is the user, the system's audio is the others. */
import type { Source } from '../audio/frame';
import type { Speaker } from './types';

const NAMES: Readonly<Record<Source, string>> = { mic: 'You', system: 'Others', file: 'Speaker' };

export function speakerOf(source: Source): Speaker {
  return { id: source, name: NAMES[source], source };
}
