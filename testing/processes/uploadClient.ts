/**
 * A client process that records locally for a remote daemon and can be killed: `STATE_FOLDER
 * REMOTE_PROFILE [SESSION]`. It starts a meeting, or continues the given session like a window
 * after a reload. Prints the session's id.
 */
import { createConnection, type RemoteProfile } from '../../client';

async function main([stateDir = '', remote = '', sessionId]: readonly string[]): Promise<void> {
  const connection = createConnection({
    stateDir,
    client: { name: 'test', version: '0' },
    timeoutMs: 30_000,
    remote: JSON.parse(remote) as RemoteProfile,
  });
  const subscription =
    sessionId === undefined
      ? await connection.start(
          {
            kind: 'meeting',
            sources: [{ source: 'mic', origin: { type: 'capture' } }],
            partials: false,
            insights: false,
            diarize: false,
          },
          () => undefined,
        )
      : await connection.attach(sessionId, 0, () => undefined);
  process.stdout.write(`${subscription.sessionId}\n`);
}

void main(process.argv.slice(2));
