/** Contract of the microphone watcher: the other programs that record the microphone now. */
import type { Disposable } from '../base/disposable';

/** Another program. One program may have several streams; it appears once. */
export interface MicrophoneProgram {
  /** Stable name of the program: its executable or package, such as `zoom`. */
  readonly id: string;
  /** Display name. */
  readonly name: string;
}

export interface MicrophoneWatcher {
  /**
   * Watches until disposed. Earmark's own recorders are left out. Nothing runs before the first
   * call; all callers share one watching process.
   * @param onChange receives the programs after each change, from the first known state
   */
  watch(onChange: (programs: readonly MicrophoneProgram[]) => void): Disposable;
}
