// Finds processes that a test run left behind, by a mark in their environment. Linux only;
// elsewhere it finds none.
import { readdirSync, readFileSync } from 'node:fs';

const GRACE_MS = 5000;

function marked(mark) {
  const found = [];
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    const pid = Number(name);
    if (!(pid > 0) || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      // A zombie has no command line.
      if (command !== '') found.push({ pid, command });
    } catch {
      // The process has exited, or belongs to another user.
    }
  }
  return found;
}

/** Gives marked processes a short time to exit, kills the rest, and returns the killed ones. */
export async function endLeftovers(mark) {
  const deadline = Date.now() + GRACE_MS;
  let left = marked(mark);
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    left = marked(mark);
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The process has already exited.
    }
  }
  return left;
}
