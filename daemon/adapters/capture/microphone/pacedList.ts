/** Lists after events, at most once in a while: a burst of events costs one list. */
import { type Disposable, toDisposable } from '../../../base/disposable';
import { runLong } from './longProgram';
import type { ModuleContext, ModuleEvents } from './systemModule';

/** A list takes about 10 ms of processor time. */
const PAUSE_MS = 1_000;

interface PacedList extends Disposable {
  /** Something changed: list soon. */
  request(): void;
}

function pacedList(list: () => Promise<void>): PacedList {
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

/**
 * Lists now, and after each line of a program that contains the mark.
 * @param args of the program that reports changes
 */
export function listAfterLines(
  context: ModuleContext,
  { program, args, mark }: { program: string; args: readonly string[]; mark: string },
  { list, onEnd }: { list: () => Promise<void> } & Pick<ModuleEvents, 'onEnd'>,
): Disposable {
  const paced = pacedList(list);
  const reports = runLong(context, program, args, {
    onLine: (line) => {
      if (line.includes(mark)) paced.request();
    },
    onEnd: () => {
      paced.dispose();
      onEnd();
    },
  });
  paced.request();
  return toDisposable(() => {
    paced.dispose();
    reports.dispose();
  });
}
