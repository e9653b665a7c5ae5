// The test's side of the helper extension: finds the extension hosts that are up and asks one to do
// something.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompanionAnswer, CompanionRequest } from './inHost/companion';

/** One extension host: the one of one window, until that is reloaded or closed. */
export interface HostControl {
  readonly pid: number;
  /** @throws {Error} with the message of what failed inside the extension host */
  ask(request: CompanionRequest): Promise<unknown>;
}

const answerLimitMs = 60_000;

/**
 * The folder where the extension hosts of one server put their sockets; short, because a socket's
 * path must be.
 */
export class ControlFolder {
  private readonly known = new Set<string>();

  private constructor(readonly path: string) {}

  static async make(): Promise<ControlFolder> {
    const path = join(tmpdir(), `earmark-ctl-${randomBytes(4).toString('hex')}`);
    await mkdir(path, { mode: 0o700 });
    return new ControlFolder(path);
  }

  /**
   * Waits for an extension host that no earlier call has returned. Windows must be opened one after
   * the other.
   */
  async next(timeoutMs: number): Promise<HostControl> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const name = (await readdir(this.path)).find(
        (file) => /^\d+\.sock$/.test(file) && !this.known.has(file),
      );
      if (name) {
        this.known.add(name);
        const path = join(this.path, name);
        return { pid: Number.parseInt(name, 10), ask: (request) => ask(path, request) };
      }
      if (Date.now() > deadline)
        throw new Error(`No extension host came up within ${timeoutMs / 1000} s.`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  dispose(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

function ask(path: string, request: CompanionRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(answerLimitMs, () =>
      socket.destroy(
        new Error(
          `The extension host gave no answer to "${request.kind}" within ${answerLimitMs / 1000} s.`,
        ),
      ),
    );
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('end', () => {
      if (text === '')
        return reject(new Error(`The extension host ended before it answered "${request.kind}".`));
      const answer = JSON.parse(text) as CompanionAnswer;
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer.result);
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
