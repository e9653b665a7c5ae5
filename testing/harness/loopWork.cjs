'use strict';
/**
 * Loaded before a daemon (`--require`): measures how long its event loop works without a turn of
 * its timers, in processor time of the loop's thread. Unlike the time on the clock, it does not
 * grow while other programs have the processors. Appends `[processor ms, clock ms]` to the file
 * EARMARK_LOOP_WORK every second: the longest work of that second. Linux only.
 */
const { appendFileSync, openSync, readSync, existsSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const LOOK_MS = 5;
const file = process.env.EARMARK_LOOP_WORK;
const source = `/proc/self/task/${process.pid}/schedstat`;
/** Starting up is no stall: nobody is connected. */
const START_MS = 1_000;

if (isMainThread && file && existsSync(source)) {
  const fd = openSync(source, 'r');
  const buffer = Buffer.alloc(128);
  const workMs = () => {
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    return Number(buffer.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  };
  setTimeout(() => {
    let last = [workMs(), performance.now()];
    let longest = [0, 0];
    let told = last[1];
    setInterval(() => {
      const now = [workMs(), performance.now()];
      if (now[0] - last[0] > longest[0]) longest = [now[0] - last[0], now[1] - last[1]];
      last = now;
      if (now[1] - told < 1_000) return;
      appendFileSync(file, `${JSON.stringify(longest)}\n`);
      longest = [0, 0];
      told = now[1];
      last = [workMs(), performance.now()];
    }, LOOK_MS).unref();
  }, START_MS).unref();
}
