// A streaming model of the user's own in a live session of the built daemon: partials while the
// audio arrives, no word lost at the start, at the end, after a pause or with a killed worker.
import { equal, notEqual, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NemoProvider } from '../../daemon/adapters/inference/nemo/nemo';
import { SpeechGain } from '../../daemon/audio/levels/speechGain';
import { defaultSegmenterOptions } from '../../daemon/vad/segmenter';
import { framesOf } from '../../daemon/vad/phraseSource';
import { toFloat32 } from '../../daemon/audio/pcm';
import { createConnection, createFramePusher, type Connection } from '../../client';
import { DaemonHealth } from '../../protocol/health';
import { SessionStop, type SessionEvent } from '../../protocol/session';
import { DaemonFolder, until } from '../../testing/processes/daemonProcess';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const nemo = path.join(root, '../shared/models/nemo');
const MODEL = 'my-streaming';
const WAV_HEADER_BYTES = 44;
/** 100 ms of audio. */
const PIECE = 1_600;

const samplesOf = (audio: string): Int16Array => {
  const bytes = readFileSync(path.join(nemo, 'audio', audio)).subarray(WAV_HEADER_BYTES);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const silence = (seconds: number): Int16Array => new Int16Array(seconds * 16_000);
const joined = (...parts: readonly Int16Array[]): Int16Array =>
  Int16Array.from(parts.flatMap((part) => [...part]));
type Segment = Extract<SessionEvent, { kind: 'final' }>['segment'];

describe('a streaming NeMo model in a live session', function () {
  this.timeout(180_000);
  let folder: DaemonFolder;
  let connection: Connection;
  const provider = new NemoProvider();

  before(async function () {
    if (!existsSync(nemo)) skip(this, '../shared/models/nemo is not there');
    if (!existsSync(path.join(root, 'dist/daemon.js')))
      skip(this, 'not built: run "npm run build"');
    folder = new DaemonFolder();
    const env = {
      EARMARK_HOME: folder.path,
      EARMARK_MODELS: path.join(folder.path, 'models'),
      EARMARK_MODELS_OFFLINE: '1',
    };
    const own = path.join(folder.path, 'own');
    cpSync(path.join(nemo, 'streaming'), own, { recursive: true });
    chmodSync(own, 0o700);
    writeFileSync(
      path.join(own, 'model.json'),
      JSON.stringify({ id: MODEL, recogniser: 'nemo', languages: ['en'] }),
    );
    execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), 'models', 'add', own], {
      env: { ...process.env, ...env },
    });
    await provider.load({
      id: MODEL,
      files: {
        encoder: path.join(own, '560/encoder.onnx'),
        decoder: path.join(own, 'decoder.onnx'),
        joiner: path.join(own, 'joiner.onnx'),
        vocabulary: path.join(own, 'tokens.txt'),
      },
    });
    connection = createConnection({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: { command: process.execPath, args: [path.join(root, 'dist/daemon.js')], env },
      timeoutMs: 40_000,
    });
  });
  after(async () => {
    await provider.unload();
    connection?.dispose();
    await folder?.remove();
  });

  const workerPid = async (): Promise<number> => {
    const { workers } = await connection.request(DaemonHealth, {});
    const pid = workers.find(({ name }) => name.startsWith('nemo'))?.pid;
    ok(pid, 'a worker of the recogniser runs');
    return pid;
  };

  /** Pushes at the speed of speech. @param at called with the seconds pushed so far */
  async function record(
    pcm: Int16Array,
    at: (seconds: number, events: readonly SessionEvent[]) => Promise<void> | void = () =>
      undefined,
  ) {
    const events: SessionEvent[] = [];
    const session = await connection.start(
      {
        kind: 'dictation',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        provider: 'nemo',
        model: MODEL,
        partials: true,
        insights: false,
      },
      (event) => void events.push(event),
    );
    const pusher = createFramePusher(connection, session, { source: 'mic' });
    const begun = Date.now();
    for (let from = 0; from < pcm.length; from += PIECE) {
      const dueMs = begun + from / 16;
      if (Date.now() < dueMs) await new Promise((r) => setTimeout(r, dueMs - Date.now()));
      pusher.write(pcm.subarray(from, from + PIECE));
      await at(from / 16_000, events);
    }
    await pusher.end();
    await connection.request(SessionStop, { sessionId: session.sessionId });
    await until(
      () => events.some((event) => event.kind === 'state' && event.to === 'DONE'),
      'the session is done',
      40_000,
    );
    return {
      partials: events.flatMap((event) => (event.kind === 'partial' ? [event] : [])),
      finals: events.flatMap((event) => (event.kind === 'final' ? [event.segment] : [])),
      warnings: events.flatMap((event) => (event.kind === 'warning' ? [event.code] : [])),
    };
  }

  /** Every final has the text of a decode as a whole, by the same model in this process. */
  const same = async (pcm: Int16Array, finals: readonly Segment[]): Promise<void> => {
    // A session raises quiet speech before it is recognised.
    const gain = new SpeechGain();
    const raised = joined(...gain.raise(framesOf('mic', pcm)).map((frame) => frame.pcm));
    const audio = (fromMs: number, toMs: number): Float32Array =>
      toFloat32(raised.subarray(fromMs * 16, toMs * 16));
    let before: { readonly segment: Segment; readonly tokens: readonly number[] } | undefined;
    for (const segment of finals) {
      const { startMs, endMs, text } = segment;
      // A phrase that soon follows another is decoded behind it.
      const left =
        before && startMs - before.segment.endMs <= defaultSegmenterOptions.doubtedLeadGapMs
          ? { pcm: audio(before.segment.startMs, startMs), tokens: before.tokens }
          : undefined;
      const whole = await provider.transcribe(audio(startMs, endMs), {
        language: 'en',
        ...(left ? { context: { left } } : {}),
      });
      equal(text, whole.text);
      before = { segment, tokens: whole.tokens ?? [] };
    }
  };

  it('shows committed words that stay, and ends in the text of a decode as a whole', async () => {
    // The recording stops in the middle of the speech.
    const clip = samplesOf('jfk.wav');
    const [first, second] = [
      clip.subarray(0, 4.4 * 16_000),
      clip.subarray(5.1 * 16_000, 7.2 * 16_000),
    ];
    const pcm = joined(silence(1), first, silence(2), second);
    const { partials, finals } = await record(pcm);
    ok(finals.length >= 2, 'the pause ends a phrase');
    await same(pcm, finals);
    for (const { phraseId, stable } of partials) {
      const final = finals.find(({ id }) => id === phraseId);
      ok(final?.text.startsWith(stable), `"${stable}" in "${final?.text}"`);
    }
    ok(new Set(partials.map(({ stable }) => stable)).size > 2, 'words are committed one by one');
  });

  it('begins afresh after a long pause', async () => {
    const clip = samplesOf('19-198-0000.wav');
    const pcm = joined(silence(0.5), clip, silence(6), clip, silence(1.5));
    const { finals } = await record(pcm);
    equal(finals.length, 2);
    await same(pcm, finals);
  });

  it('loses no word when the worker is killed in the middle of a phrase', async () => {
    const pcm = joined(silence(1), samplesOf('jfk.wav'), silence(1.5));
    let killed = 0;
    const { finals, warnings } = await record(pcm, async (seconds, events) => {
      if (killed > 0 || seconds < 2 || !events.some(({ kind }) => kind === 'partial')) return;
      killed = await workerPid();
      process.kill(killed, 'SIGKILL');
    });
    ok(killed > 0, 'the worker was killed after a partial');
    notEqual(await workerPid(), killed);
    ok(warnings.includes('engine.restarted'), warnings.join());
    ok(finals.length >= 2);
    await same(pcm, finals);
  });
});
