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
      // A zombie has no command line any more.
      if (command !== '') found.push({ pid, command });
    } catch {
      // It ended meanwhile, or is another user's.
    }
  }
  return found;
}

/** Waits a little for processes that are about to end, ends those that are not, and names them. */
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
      // It ended meanwhile.
    }
  }
  return left;
}
