/**
 * Two sessions of recorded readers with the real voice encoder: who agreed is named in the second,
 * who did not is not.
 */
import { deepEqual, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decodeAudioFile } from '../../daemon/adapters/capture/audioFile';
import { OnnxSpeakerModels } from '../../daemon/adapters/inference/speakers/speakerModels';
import { openStore } from '../../daemon/adapters/store/openStore';
import { FRAME_MS, FRAME_SAMPLES } from '../../daemon/audio/frame';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { SessionManager } from '../../daemon/session/contract/deps';
import type { VoiceStore } from '../../daemon/session/contract/voices';
import { createSessionManager } from '../../daemon/session/lifecycle/sessionManager';
import { isEarmarkError } from '../../protocol/errors';
import { inPlace } from '../../testing/fakes/inPlaceStore';
import { MemorySpools } from '../../testing/fakes/memorySpool';
import { FakeCapture } from '../../testing/fakes/fakeCapture';
import { ScriptedEngine, scriptedEngines } from '../../testing/fakes/scripted/scriptedEngine';
import { skip } from '../../testing/harness/skip';
import { CountingAnalyzers, phrases } from '../../testing/harness/sessionHarness';

const root = resolve(__dirname, '../..');
const speakerModelFiles = {
  id: 'speakers',
  files: {
    encoder: join(root, 'models/campplus-zh-en/model.onnx'),
    segmentation: join(root, 'models/segmentation-3.0/model.onnx'),
  },
};
const readers = join(root, '../shared/data/libri/other');
/** The reader of the first session in other recordings, and another reader. */
const AGAIN = ['2033-164914-0000', '2033-164914-0001', '2033-164914-0002'];
const OTHER = ['1688-142285-0000', '1688-142285-0001'];
const QUIET_RMS = 200;
const PAUSE = new Int16Array(32 * FRAME_SAMPLES);

describe('voices of named people', function () {
  this.timeout(120_000);
  let home: string;
  let sessions: SessionManager;
  let clock: ManualClock;
  let store: VoiceStore;
  let ids = 0;

  before(async function () {
    if (!existsSync(readers)) skip(this, '../shared/data/libri is not there');
    home = mkdtempSync(join(tmpdir(), 'earmark-voices-'));
    await begin();
  });
  after(() => {
    sessions?.dispose();
    if (home !== undefined) rmSync(home, { recursive: true });
  });

  /** The daemon's sessions on the database of before. */
  async function begin(): Promise<void> {
    const voices = new OnnxSpeakerModels();
    await voices.load(speakerModelFiles);
    clock = new ManualClock();
    const opened = openStore({ file: join(home, 'earmark.db') }).store;
    store = inPlace(opened);
    const manager = createSessionManager({
      store: inPlace(opened),
      voiceStore: store,
      spools: new MemorySpools(clock),
      engines: scriptedEngines(new ScriptedEngine()),
      capture: new FakeCapture(),
      analyzers: new CountingAnalyzers(),
      voices,
      clock,
      logger: silentLogger,
      phrases,
      newId: () => `id${++ids}`,
    });
    sessions = new Proxy(manager, {
      get: (target, name) =>
        name === 'dispose' ? () => (target.dispose(), opened.close()) : bound(target, name),
    });
  }

  /**
   *
   * @param said recordings by the beginning of their names.
   * @returns the session, when it is over
   */
  async function meeting(...said: readonly string[]): Promise<string> {
    const { session } = await sessions.start({
      kind: 'file',
      sources: [{ source: 'file', origin: { type: 'push' } }],
      partials: false,
      insights: false,
      diarize: true,
    });
    const { id } = session.record;
    let seq = 0;
    for (const name of said) {
      const file = readdirSync(readers).find((one) => one.startsWith(name));
      const { tracks } = await decodeAudioFile(join(readers, file ?? name));
      for (const pcm of [gated(tracks[0]?.pcm ?? PAUSE), PAUSE]) {
        const frames = Math.floor(pcm.length / FRAME_SAMPLES);
        for (let at = 0; at < frames; at += 100) {
          const part = pcm.subarray(at * FRAME_SAMPLES, Math.min(frames, at + 100) * FRAME_SAMPLES);
          while (!(await pushed(id, seq, part))) await new Promise((done) => setTimeout(done, 10));
          seq += part.length / FRAME_SAMPLES;
          clock.advance(200);
        }
      }
    }
    await sessions.stop(id, 'test');
    await sessions.whenEnded(id);
    return id;
  }
  async function pushed(id: string, seq: number, pcm: Int16Array): Promise<boolean> {
    try {
      await sessions.push(id, 'file', seq, seq * FRAME_MS, pcm);
      return true;
    } catch (error) {
      if (isEarmarkError(error, 'audio.tooFast')) return false;
      throw error;
    }
  }
  /** Those who have said something, in the order in which they began. */
  const speakersOf = async (id: string) =>
    (await sessions.get(id)).speakers
      .filter(({ turns = [] }) => turns.length > 0)
      .sort((a, b) => (a.turns?.[0]?.startMs ?? 0) - (b.turns?.[0]?.startMs ?? 0));
  const speakers = async (id: string) =>
    (await speakersOf(id)).map(({ name, recognised }) => [name, recognised?.name]);
  const name = async (id: string, to: string): Promise<string> => {
    const speakerId = (await speakersOf(id))[0]?.id ?? '';
    await sessions.renameSpeaker(id, speakerId, to);
    return speakerId;
  };

  it('promise: a voice is stored with consent, and names the same person alone', async () => {
    const first = await meeting('2033-164914-0006', '2033-164914-0008');
    deepEqual(await speakers(first), [['Speaker 1', undefined]]);
    const id = await name(first, 'Anna');
    deepEqual(
      [
        await sessions.voices.standing(first, id, undefined),
        await sessions.voices.people(undefined),
      ],
      ['offered', []],
    );

    const unasked = await meeting(...AGAIN);
    deepEqual(await speakers(unasked), [['Speaker 1', undefined]]);

    await sessions.voices.keep(first, id, undefined);
    deepEqual(
      [
        await sessions.voices.standing(first, id, undefined),
        (await sessions.voices.people(undefined)).map((person) => person.name),
      ],
      ['kept', ['Anna']],
    );
    sessions.dispose();
    await begin();

    const second = await meeting(...AGAIN, ...OTHER);
    deepEqual(await speakers(second), [
      ['Anna', 'Anna'],
      ['Speaker 1', undefined],
    ]);
    deepEqual(JSON.stringify(await sessions.get(second)).includes('centre'), false);
    const { transcript } = await sessions.get(second);
    deepEqual([transcript[0]?.speaker, transcript.at(-1)?.speaker], ['Anna', 'Speaker 1']);

    // The person takes the name back.
    await sessions.renameSpeaker(second, (await speakersOf(second))[0]?.id ?? '', undefined);
    deepEqual(
      [await speakers(second), (await sessions.get(second)).transcript[0]?.speaker],
      [
        [
          ['Speaker 2', undefined],
          ['Speaker 1', undefined],
        ],
        'Speaker 2',
      ],
    );
  });

  it('are the same alone and in company', async () => {
    const encoder = new OnnxSpeakerModels();
    await encoder.load(speakerModelFiles);
    const { tracks } = await decodeAudioFile(
      join(readers, readdirSync(readers).find((one) => one.endsWith('.flac')) ?? ''),
    );
    const cut = (from: number, seconds: number): Float32Array =>
      Float32Array.from(
        tracks[0]?.pcm.subarray(from * 16_000, (from + seconds) * 16_000) ?? [],
        (x) => x / 32_768,
      );
    const cuts = [cut(0, 1.2), cut(1, 1), cut(0.4, 1.2)];
    const together = await encoder.embed(cuts);
    const alone = await Promise.all(
      cuts.map(async (one) => (await encoder.embed([one]))[0] ?? new Float32Array(192)),
    );
    deepEqual(
      together.map((a, i) => a.reduce((sum, x, d) => sum + x * (alone[i]?.[d] ?? 0), 0) > 0.9999),
      [true, true, true],
    );
  });

  it('promise: a voice is not stored without consent', async () => {
    const id = await meeting(...OTHER);
    const speaker = await name(id, 'Ben');
    clock.advance(30 * 60_000);
    deepEqual(await sessions.voices.standing(id, speaker, undefined), 'none');
    await rejects(() => sessions.voices.keep(id, speaker, undefined), { code: 'speaker.noVoice' });
  });

  it('promise: a forgotten voice leaves no byte', async () => {
    const [kept] = (await store.voices()).map(({ centre }) =>
      Buffer.from(centre.buffer, centre.byteOffset, centre.byteLength).toString('base64'),
    );
    deepEqual(inFile(kept), true);
    deepEqual(await sessions.voices.forget(undefined, 'Anna'), 1);
    deepEqual([await sessions.voices.people(undefined), inFile(kept)], [[], false]);
    deepEqual(await speakers(await meeting(...AGAIN)), [['Speaker 1', undefined]]);
  });

  const inFile = (text: string | undefined): boolean =>
    readdirSync(home).some(
      (file) => text !== undefined && readFileSync(join(home, file)).includes(text.slice(0, 200)),
    );
});

/** Silence where it is quiet: the scripted detector hears every audio as speech. */
function gated(pcm: Int16Array): Int16Array {
  const out = pcm.slice();
  for (let at = 0; at < out.length; at += 512) {
    const part = out.subarray(at, at + 512);
    if (part.reduce((sum, x) => sum + x * x, 0) / part.length < QUIET_RMS ** 2) part.fill(0);
  }
  return out;
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}
