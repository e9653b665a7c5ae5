// How many workers an engine has, and how many threads a decode.
import { deepEqual, equal } from 'node:assert/strict';
import { idleCores } from '../../../../daemon/adapters/system/idleCores';
import { decodeThreads, threadsOfNext } from '../../../../daemon/asr/choice/decodeThreads';

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

describe('threads of the next decode', () => {
  const check = (
    workers: number,
    threads: number,
    running: number,
    idle: number,
    wanted: number,
  ): void =>
    void it(`are ${wanted} in ${workers} workers of ${threads} beside ${running} decodes, with ${idle} idle cores`, () =>
      equal(threadsOfNext({ workers, threads }, running, idle), wanted));
  check(2, 1, 0, 1.8, 2);
  check(2, 1, 0, 0.4, 1);
  check(2, 1, 1, 1.8, 1);
  check(2, 2, 0, 4, 4);
  check(2, 2, 0, 3.2, 3);
  check(2, 2, 0, 0, 2);
  check(2, 2, 1, 4, 2);
  check(8, 1, 0, 8, 4);
  check(8, 1, 2, 8, 2);
  check(8, 1, 7, 8, 1);
  check(2, 4, 5, 8, 4);
  check(1, 1, 0, 16, 1);
});

describe('idle cores', () => {
  it('are those of the time since the call before, if that says enough', () => {
    const times = [
      { idle: 0, all: 0, cores: 4 },
      { idle: 100, all: 400, cores: 4 },
      { idle: 3_000, all: 4_000, cores: 4 },
      { idle: 3_000, all: 8_000, cores: 4 },
    ];
    const idle = idleCores(() => times.shift()!);
    deepEqual([idle(), idle(), idle()], [0, 3, 0]);
  });
});
