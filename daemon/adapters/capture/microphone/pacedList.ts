/** Lists after events, at most once in a while: a burst of events costs one list. */
import { type Disposable, toDisposable } from '../../../base/disposable';

/** A list takes about 10 ms of processor time. */
const PAUSE_MS = 1_000;

export interface PacedList extends Disposable {
  /** Something changed: list soon. */
  request(): void;
}

export function pacedList(list: () => Promise<void>): PacedList {
  let state: 'idle' | 'busy' | 'again' | 'over' = 'idle';
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    state = 'busy';
    void list().finally(() => {
      if (state === 'over') return;
      timer = setTimeout(() => {
        if (state === 'again') run();
        else if (state === 'busy') state = 'idle';
      }, PAUSE_MS);
    });
  };
  return {
    request() {
      if (state === 'idle') run();
      else if (state === 'busy') state = 'again';
    },
    ...toDisposable(() => {
      state = 'over';
      clearTimeout(timer);
    }),
  };
}
