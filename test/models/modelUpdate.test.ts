/**
 * `models/update` and `models/rollback` over RPC while a session uses the model: the loaded engine
 * changes between two phrases, and no phrase is lost.
 */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Connection, createConnection, createFramePusher } from '../../client';
import { DaemonHealth } from '../../protocol/health';
import { ModelsAdd, ModelsRollback, ModelsUpdate } from '../../protocol/models';
import { type SessionEvent, SessionStop } from '../../protocol/session';
import { DaemonFolder, until } from '../../testing/processes/daemonProcess';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const nemo = path.join(root, '../shared/models/nemo');
const MODEL = 'my-model';
const CLIP = 'jfk.wav';
const WAV_HEADER_BYTES = 44;
/** 100 ms of audio. */
const PIECE = 1_600;

describe('an update of a model that a session uses', function () {
  this.timeout(240_000);
  let folder: DaemonFolder;
  let connection: Connection;

  before(async function () {
    if (!existsSync(nemo)) skip(this, '../shared/models/nemo is not there');
    if (!existsSync(path.join(root, 'dist/daemon.js')))
      skip(this, 'not built: run "npm run build"');
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !existsSync(path.join(models, 'silero-vad')))
      skip(this, 'no models: run it with "npm run test:models"');
    folder = new DaemonFolder();
    cpSync(path.join(models, 'silero-vad'), path.join(folder.path, 'models/silero-vad'), {
      recursive: true,
    });
    connection = createConnection({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: {
        command: process.execPath,
        args: [path.join(root, 'dist/daemon.js')],
        env: {
          EARMARK_HOME: folder.path,
          EARMARK_MODELS: path.join(folder.path, 'models'),
          EARMARK_MODELS_OFFLINE: '1',
        },
      },
      timeoutMs: 60_000,
    });
    // Two versions of one model, from files that give other words.
    for (const from of ['tdt', 'tdt128']) {
      const place = path.join(folder.path, from);
      cpSync(path.join(nemo, from), place, { recursive: true });
      chmodSync(place, 0o700);
      writeFileSync(
        path.join(place, 'model.json'),
        JSON.stringify({ id: MODEL, recogniser: 'nemo', languages: ['en'] }),
      );
      await connection.request(ModelsAdd, { folder: place });
    }
    await connection.request(ModelsRollback, { modelId: MODEL });
  });
  after(async () => {
    connection?.dispose();
    await folder?.remove();
  });

  /** A session with the model. `say` speaks the clip once; `end` ends the session. */
  async function startSession() {
    const events: SessionEvent[] = [];
    const session = await connection.start(
      {
        kind: 'dictation',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        provider: 'nemo',
        model: MODEL,
        partials: false,
        insights: false,
      },
      (event) => void events.push(event),
    );
    const pusher = createFramePusher(connection, session, { source: 'mic' });
    const bytes = readFileSync(path.join(nemo, 'audio', CLIP)).subarray(WAV_HEADER_BYTES);
    const pcm = new Int16Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    return {
      say: async (): Promise<void> => {
        for (let from = 0; from < pcm.length; from += PIECE) {
          pusher.write(pcm.subarray(from, from + PIECE));
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      },
      /** @returns its text */
      end: async (): Promise<string> => {
        await pusher.end();
        await connection.request(SessionStop, { sessionId: session.sessionId });
        await until(
          () => events.some((event) => event.kind === 'state' && event.to === 'DONE'),
          'the session is done',
          60_000,
        );
        deepEqual(
          events.flatMap((event) => (event.kind === 'warning' ? [event.code] : [])),
          [],
        );
        return events
          .flatMap((event) => (event.kind === 'final' ? [event.segment.text] : []))
          .join(' ');
      },
    };
  }
  const spoken = async (): Promise<string> => {
    const session = await startSession();
    await session.say();
    return session.end();
  };
  const loaded = async () => {
    const { engines, pid } = await connection.request(DaemonHealth, {});
    return { state: engines.find(({ model }) => model === MODEL)?.state, pid };
  };

  it('changes the words from then on, and a rollback changes them back', async () => {
    const open = await startSession();
    await open.say();
    const first = await spoken();
    const { state, pid } = await loaded();
    equal(state, 'READY', 'the engine is loaded when its model is updated');
    await connection.request(ModelsUpdate, { modelId: MODEL });
    equal((await loaded()).state, 'READY');
    const second = await spoken();
    await connection.request(ModelsRollback, { modelId: MODEL });
    const third = await spoken();
    await open.say();

    ok(first !== '' && second !== '', 'each version gives words');
    notEqual(second, first);
    equal(third, first);
    ok((await open.end()) !== '', 'the open session went on');
    equal((await loaded()).pid, pid, 'the daemon is the same');
  });
});
