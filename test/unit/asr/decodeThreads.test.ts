// How many workers an engine has, and how many threads a decode.
import { deepEqual } from 'node:assert/strict';
import { decodeThreads } from '../../../daemon/asr/decodeThreads';

describe('threads of decodes', () => {
  const check = (
    cores: number,
    work: number | undefined,
    onGpu: boolean,
    workers: number,
    threads: number,
  ): void =>
    void it(`are ${threads} in ${workers} workers for work ${work} on ${onGpu ? 'a GPU' : `${cores} cores`}`, () =>
      deepEqual(decodeThreads(cores, work, onGpu), { workers, threads }));
  check(1, 1, false, 1, 1);
  check(4, 1, false, 4, 1);
  check(16, 1, false, 8, 1);
  check(1, 13, false, 1, 1);
  check(2, 13, false, 2, 1);
  check(4, 4.2, false, 2, 2);
  check(8, 13, false, 2, 4);
  check(16, 44, false, 4, 4);
  check(8, undefined, false, 8, 1);
  check(16, 44, true, 1, 1);
});
