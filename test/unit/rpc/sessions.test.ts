/** Sessions, audio, notes, dictation and models over the wire contract. */
import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { NotesLease, NotesPlan } from '../../../protocol/notes';
import { PrivacyStorage } from '../../../protocol/privacy';
import {
  SessionAttach,
  SessionExport,
  SessionGet,
  SessionList,
  SessionStart,
} from '../../../protocol/session';
import { TranscriptNameSpeaker } from '../../../protocol/transcript';
import { VoicesForget, VoicesList } from '../../../protocol/voices';
import { AudioClip, AudioPush } from '../../../protocol/audio';
import { DictationStart, DictationStop, DictationTake } from '../../../protocol/dictation';
import type { EarmarkError } from '../../../protocol/errors';
import type { ParamsOf } from '../../../protocol/method';
import { say, settle } from '../../../testing/harness/sessionHarness';
import { base64, PUSHED, RpcHarness, type TestClient } from '../../../testing/harness/rpcHarness';

describe('rpc sessions', () => {
  let h: RpcHarness;
  beforeEach(() => (h = new RpcHarness()));
  afterEach(() => h.dispose());

  const start = async (client: TestClient, extra: Record<string, unknown> = {}): Promise<string> =>
    (await client.ask(SessionStart, { ...PUSHED, ...extra } as ParamsOf<typeof SessionStart>))
      .session.id;
  const push = (client: TestClient, sessionId: string, pcm: Int16Array, seq = 0) =>
    client.ask(AudioPush, {
      sessionId,
      source: 'file',
      seq,
      captureMs: seq * 20,
      pcm: base64(pcm),
    });

  it('attaches the caller from the first event and numbers what it sends', async () => {
    const client = await h.client();
    const id = await start(client);
    const atAnswer = client.events(id);
    await push(client, id, say(1, 2));
    await client.raw('session/stop', { sessionId: id });
    await h.sessions.manager.whenEnded(id);
    await settle();
    const all = client.events(id);
    deepEqual(atAnswer.slice(0, 2), ['1 state', '2 state']);
    deepEqual(
      all.map((e) => Number(e.split(' ')[0])),
      all.map((_, i) => i + 1),
    );
    deepEqual(
      (await client.ask(SessionGet, { sessionId: id })).segments.map((s) => s.text),
      ['w1', 'w2'],
    );
  });

  it('replays to a second client what it missed, and stops when it detaches', async () => {
    const [first, second] = [await h.client(), await h.client()];
    const id = await start(first);
    await push(first, id, say(1));
    await settle();
    await second.ask(SessionAttach, { sessionId: id, afterSeq: 2 });
    await settle();
    deepEqual(second.events(id), first.events(id).slice(2));
    await second.raw('session/detach', { sessionId: id });
    const count = second.notes.length;
    await push(first, id, say(2), 45);
    await settle();
    equal(second.notes.length, count);
  });

  it('moves the position of a client that attaches again', async () => {
    const client = await h.client();
    const id = await start(client);
    await settle();
    client.notes.length = 0;
    await client.ask(SessionAttach, { sessionId: id, afterSeq: 0 });
    await settle();
    deepEqual(client.events(id), ['1 state', '2 state']);
  });

  it('plays kept sound from any moment of a session that is over, and says where none is', async () => {
    const client = await h.client();
    const done = async (extra: Record<string, unknown>, pcm: Int16Array): Promise<string> => {
      const id = await start(client, extra);
      await push(client, id, pcm);
      await client.raw('session/stop', { sessionId: id });
      await h.sessions.manager.whenEnded(id);
      await settle();
      return id;
    };
    const pcm = say(1, 2);
    const kept = await done({ keepAudio: true }, pcm);
    const clip = await client.ask(AudioClip, {
      sessionId: kept,
      source: 'file',
      startMs: 130,
      endMs: 200,
    });
    deepEqual([clip.startMs, clip.pcm], [120, base64(pcm.slice(6 * 320, 10 * 320))]);
    const code = (params: object): Promise<string> =>
      client
        .ask(AudioClip, { sessionId: kept, source: 'file', startMs: 0, endMs: 20, ...params })
        .then(
          () => 'played',
          (error: EarmarkError) => error.code,
        );
    const running = await start(client, { keepAudio: true });
    deepEqual(
      [
        await code({ sessionId: await done({}, pcm) }),
        await code({ source: 'mic' }),
        await code({ startMs: 900_000, endMs: 900_020 }),
        await code({ sessionId: running }),
      ],
      ['audio.notKept', 'audio.notKept', 'audio.notKept', 'session.wrongState'],
    );
    deepEqual(
      (await client.ask(SessionList, {})).sessions.filter(({ keptAudio }) => keptAudio).length,
      2,
    );
  });

  it('exports a session as a file of each kind', async () => {
    const client = await h.client();
    const id = await start(client, { title: 'Stand-up: "now"' });
    await push(client, id, say(1));
    await client.raw('session/stop', { sessionId: id });
    await h.sessions.manager.whenEnded(id);
    await settle();
    const files = await Promise.all(
      (['md', 'json', 'srt', 'vtt', 'text'] as const).map((format) =>
        client.ask(SessionExport, { sessionId: id, format }),
      ),
    );
    deepEqual(
      files.map(({ fileName }) => fileName.replace(/^[\d-]+/, '')),
      [
        'stand-up-now.md',
        'stand-up-now.json',
        'stand-up-now.srt',
        'stand-up-now.vtt',
        'stand-up-now.txt',
      ],
    );
    deepEqual(
      files.map(({ text }) => text.includes('w1')),
      [true, true, true, true, true],
    );
  });

  it('lists who was named, and says what is kept', async () => {
    const client = await h.client();
    const id = await start(client);
    await push(client, id, say(1));
    await settle();
    const [speaker] = (await client.ask(SessionGet, { sessionId: id })).speakers;
    const people = async (): Promise<unknown> =>
      (await client.ask(SessionList, { people: true })).sessions.map((session) => session.people);
    const before = await people();
    const { voice } = await client.ask(TranscriptNameSpeaker, {
      sessionId: id,
      speakerId: speaker!.id,
      name: 'Ben',
    });
    deepEqual(
      [
        voice,
        await client.code('voices/keep', { sessionId: id, speakerId: speaker!.id }),
        (await client.ask(VoicesList, {})).voices,
        await client.ask(VoicesForget, {}),
      ],
      ['none', 'speaker.noVoice', [], { forgotten: 0 }],
    );
    deepEqual([before, await people()], [[[]], [['Ben']]]);
    const { disk, oldest, ...storage } = await client.ask(PrivacyStorage, {});
    const { modelBytes = 0, ...sizes } = disk ?? {};
    deepEqual(
      [sizes, storage, modelBytes > 0, typeof oldest],
      [
        { folder: '/state', databaseBytes: 4_096, audioBytes: 640, logBytes: 10 },
        { encrypted: false, sessions: 1 },
        true,
        'string',
      ],
    );
  });

  it('sends nothing to a client that is gone, and the session goes on', async () => {
    const client = await h.client();
    const id = await start(client);
    client.handler.closed();
    const count = client.notes.length;
    h.sessions.push(id, 'file', 0, say(1));
    await settle();
    deepEqual(
      { more: client.notes.length - count, active: h.sessions.manager.activeCount },
      { more: 0, active: 1 },
    );
  });

  it('leaves out passing events for a client that is behind, never durable ones', async () => {
    const client = await h.client();
    const id = await start(client);
    client.queuedBytes = 2 * 1024 * 1024;
    client.notes.length = 0;
    await push(client, id, say(1));
    await settle();
    const kinds = new Set(
      client.notes
        .filter((n) => n.method === 'session/event')
        .map((n) => ('seq' in (n.params['event'] as object) ? 'durable' : 'passing')),
    );
    deepEqual(kinds, new Set(['durable']));
  });

  it('acknowledges what is on disk to the client that pushed, and to no other', async () => {
    const [client, other] = [await h.client(), await h.client()];
    const id = await start(client);
    await push(client, id, say(1));
    await h.sessions.pass(300);
    const acks = (c: TestClient) =>
      c.notes.filter((n) => n.method === 'audio/ack').map((n) => n.params);
    deepEqual(
      { last: acks(client).at(-1), other: acks(other) },
      { last: { sessionId: id, source: 'file', ackSeq: 44 }, other: [] },
    );
  });

  describe('bad audio', () => {
    async function check(
      params: Record<string, unknown>,
      code: string,
      sentence?: RegExp,
    ): Promise<void> {
      const client = await h.client();
      const id = await start(client);
      const good = base64(new Int16Array(320));
      const error = (await client
        .raw('audio/push', {
          sessionId: id,
          source: 'file',
          seq: 0,
          captureMs: 0,
          pcm: good,
          ...params,
        })
        .catch((e: unknown) => e)) as EarmarkError;
      equal(error.code, code);
      if (sentence) match(error.message, sentence);
      equal(
        await client.code('audio/push', {
          sessionId: id,
          source: 'file',
          seq: 0,
          captureMs: 0,
          pcm: good,
        }),
        'ok',
        'the session goes on',
      );
    }
    it('not base64', () =>
      check({ pcm: '*'.repeat(856) }, 'audio.badBase64', /encode the samples again/));
    it('base64 of the URL alphabet', () =>
      check({ pcm: `${'-_'.repeat(428)}` }, 'audio.badBase64'));
    it('base64 without padding', () =>
      check({ pcm: base64(new Int16Array(320)).replace(/=+$/, '') }, 'audio.badBase64'));
    it('a frame of odd length', () =>
      check({ pcm: Buffer.alloc(639).toString('base64') }, 'audio.oddFrame', /639 bytes/));
    it('half a frame', () =>
      check({ pcm: Buffer.alloc(320).toString('base64') }, 'audio.oddFrame'));
    it('nothing', () => check({ pcm: '' }, 'audio.oddFrame'));
    it('101 frames at once', () =>
      check({ pcm: base64(new Int16Array(101 * 320)) }, 'rpc.invalidParams', /at most 100/));
    it('another source', () => check({ source: 'mic' }, 'audio.unknownSource'));
    it('a source that does not exist', () =>
      check({ source: 'telephone' }, 'rpc.invalidParams', /"source"/));
    it('audio before the session exists', () => check({ sessionId: 'never' }, 'session.notFound'));

    it('a backlog of 100 frames at once is taken', async () => {
      const client = await h.client();
      deepEqual(Object.keys(await push(client, await start(client), new Int16Array(100 * 320))), [
        'ackSeq',
      ]);
    });

    it('audio after stop', async () => {
      const client = await h.client();
      const id = await start(client);
      await client.raw('session/stop', { sessionId: id });
      await h.sessions.manager.whenEnded(id);
      equal(
        await client.code('audio/push', {
          sessionId: id,
          source: 'file',
          seq: 0,
          captureMs: 0,
          pcm: base64(new Int16Array(320)),
        }),
        'audio.afterStop',
      );
    });
  });

  describe('bad starts', () => {
    async function check(
      params: Record<string, unknown>,
      code: string,
      sentence?: RegExp,
    ): Promise<void> {
      const client = await h.client();
      const error = (await client
        .raw('session/start', { ...PUSHED, ...params })
        .catch((e: unknown) => e)) as EarmarkError;
      equal(error.code, code);
      if (sentence) match(error.message, sentence);
      equal(h.sessions.manager.activeCount, 0);
    }
    const format = (change: object) => ({
      sources: [
        {
          source: 'file',
          origin: {
            type: 'push',
            format: { sampleRate: 16000, channels: 1, encoding: 's16le', ...change },
          },
        },
      ],
    });
    it('another rate', () =>
      check(format({ sampleRate: 44100 }), 'audio.unsupportedFormat', /44100 Hz.*16 kHz/));
    it('two channels', () =>
      check(format({ channels: 2 }), 'audio.unsupportedFormat', /2 channels/));
    it('another encoding', () =>
      check(format({ encoding: 'f32le' }), 'audio.unsupportedFormat', /f32le/));
    it('a source twice', () =>
      check({ sources: [PUSHED.sources[0], PUSHED.sources[0]] }, 'rpc.invalidParams', /twice/));
    it('a file that should be recorded', () =>
      check({ sources: [{ source: 'file', origin: { type: 'capture' } }] }, 'rpc.invalidParams'));
    it('no source', () => check({ sources: [] }, 'rpc.invalidParams'));
    it('a start that is no date', () =>
      check({ startedAt: 'yesterday' }, 'rpc.invalidParams', /startedAt/));
    it('another engine', () =>
      check({ provider: 'oracle' }, 'engine.unavailable', /oracle.*scripted/));
    it('another model', () => check({ model: 'huge' }, 'model.unknown', /huge.*script/));
    it('a daemon that is about to end', async () => {
      h.control.draining = true;
      await check({}, 'rpc.draining');
    });
  });

  it('counts windows, and forgets them when they go', async () => {
    const counts: number[] = [];
    h.sessions.manager.setWindowCount = (n) => void counts.push(n);
    const [a] = [
      await h.client({ window: true }),
      await h.client(),
      await h.client({ window: true }),
    ];
    a?.handler.closed();
    deepEqual(counts, [1, 1, 2, 1]);
  });

  it('gives the lease of a note to one client, and tells when it is free', async () => {
    const [a, b] = [await h.client(), await h.client()];
    const id = await start(a);
    const first = [
      (await a.ask(NotesLease, { sessionId: id })).granted,
      (await b.ask(NotesLease, { sessionId: id })).granted,
      await b.code('notes/plan', { sessionId: id, text: '' }),
    ];
    a.handler.closed();
    await settle();
    deepEqual(
      {
        first,
        reported: b.notes.filter((n) => n.method === 'notes/leaseFree').map((n) => n.params),
        then: (await b.ask(NotesLease, { sessionId: id })).granted,
      },
      { first: [true, false, 'note.leaseLost'], reported: [{ sessionId: id }], then: true },
    );
    const { edits } = await b.ask(NotesPlan, { sessionId: id, text: '' });
    match(edits.map((e) => e.newText).join(''), /session/);
  });

  it('passes the lease of a note on from a window that takes in nothing of what came', async () => {
    const [a, b] = [await h.client(), await h.client()];
    const id = await start(a);
    const granted = async (client: TestClient) =>
      (await client.ask(NotesLease, { sessionId: id })).granted;
    const free = () => b.notes.filter((n) => n.method === 'notes/leaseFree').length;
    const seen = [await granted(a), await granted(b)];
    // It writes in time, and has all there is: silence is no fault then.
    await h.sessions.pass(10_000);
    await a.ask(NotesPlan, { sessionId: id, text: '' });
    seen.push(await granted(b));
    await h.sessions.pass(60_000);
    seen.push(await granted(b));
    deepEqual({ seen, free: free() }, { seen: [true, false, false, false], free: 0 });
    await push(a, id, say(1));
    await settle();
    const waiting = await granted(b);
    await h.sessions.pass(14_000);
    const early = free();
    await h.sessions.pass(2_000);
    deepEqual(
      [
        waiting,
        early,
        free(),
        await granted(b),
        await a.code('notes/plan', { sessionId: id, text: '' }),
        await granted(a),
      ],
      [false, 0, 1, true, 'note.leaseLost', false],
    );
  });

  it('dictates: the text comes with the stop, and nothing is kept', async () => {
    const client = await h.client();
    const { sessionId } = await client.ask(DictationStart, {});
    await h.sessions.speak('mic', say(4, 5));
    const answer = client.ask(DictationStop, { sessionId });
    await h.sessions.pass(50);
    deepEqual(
      {
        text: (await answer).text,
        raw: (await answer).raw,
        left: (await h.sessions.manager.list({ limit: 10, offset: 0 })).length,
        open: h.sessions.capture.open.length,
      },
      { text: 'w4 w5', raw: 'w4 w5', left: 0, open: 0 },
    );
  });

  const doubted = async (kind: 'dictation' | 'meeting'): Promise<unknown[]> => {
    const client = await h.client();
    const { engine } = h.sessions;
    engine.multilingual = 'whisper-base-q8_0';
    engine.script = (text) => ({
      ...{ text, words: [], confidence: 0.45, language: 'en', inferenceMs: 1 },
    });
    const capture = {
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
    };
    const sessionId =
      kind === 'meeting'
        ? await start(client, capture)
        : (await client.ask(DictationStart, {})).sessionId;
    for (let i = 0; i < 30; i++) await h.sessions.speak('mic', say(1, 2, 3, 4));
    return client.notes
      .filter((n) => n.method === 'session/event' && n.params['sessionId'] === sessionId)
      .map((n) => n.params['event'] as { kind: string; code?: string; message?: string })
      .filter(({ kind: what }) => what === 'warning')
      .map(({ code, message }) => [code, message]);
  };
  const FOREIGN = [
    'language.foreign',
    'This does not sound like English, the only language of this model. ' +
      'Choose a model of several languages, such as whisper-base-q8_0, and set the spoken language.',
  ];
  it('warns the client of a dictation once that the speech is not English, and names a model', async () =>
    deepEqual(await doubted('dictation'), [FOREIGN]));
  it('warns the clients of a meeting once that the speech is not English, and names a model', async () =>
    deepEqual(await doubted('meeting'), [FOREIGN]));

  it('answers a stop before the recorder has ended', async () => {
    h.sessions.capture.hangs = true;
    const client = await h.client();
    const { sessionId } = await client.ask(DictationStart, {});
    await h.sessions.speak('mic', say(4));
    const answer = client.ask(DictationStop, { sessionId });
    // No time passes, and the recorder does not end.
    for (let i = 0; i < 5; i++) await settle();
    equal(
      await Promise.race([answer.then(({ text }) => text), settle().then(() => 'no answer')]),
      'w4',
    );
  });

  it('gives the text of a dictation that goes on, from a phrase on and with what is open made final', async () => {
    const client = await h.client();
    const { sessionId } = await client.ask(DictationStart, {});
    const take = async (extra: object = {}): Promise<unknown[]> => {
      const asked = client.ask(DictationTake, { sessionId, ...extra });
      await h.sessions.pass(50);
      const { text, phrases } = await asked;
      return [text, phrases];
    };
    await h.sessions.speak('mic', say(4, 5));
    const loud = say(6).slice(0, 6_400);
    await h.sessions.speak('mic', loud);
    deepEqual(
      [
        await take(),
        await take({ from: 1 }),
        await take({ flush: true }),
        await take({ flush: true }),
      ],
      [
        ['w4 w5', 2],
        ['w5', 2],
        ['w4 w5 w6', 3],
        ['w4 w5 w6', 3],
      ],
    );
    await h.sessions.speak('mic', say(7));
    const answer = client.ask(DictationStop, { sessionId, from: 3 });
    await h.sessions.pass(50);
    deepEqual([(await answer).text, h.sessions.capture.open.length], ['w7', 0]);
  });

  it('ends the dictation of a client that is gone', async () => {
    const client = await h.client();
    await client.ask(DictationStart, {});
    client.handler.closed();
    await h.sessions.pass(50);
    deepEqual(
      {
        left: (await h.sessions.manager.list({ limit: 10, offset: 0 })).length,
        open: h.sessions.capture.open.length,
      },
      { left: 0, open: 0 },
    );
  });

  it('cancels a dictation twice without complaint', async () => {
    const client = await h.client();
    const { sessionId } = await client.ask(DictationStart, {});
    deepEqual(
      [
        await client.code('dictation/cancel', { sessionId }),
        await client.code('dictation/cancel', { sessionId }),
      ],
      ['ok', 'ok'],
    );
  });

  it('tells the progress of a download to every client', async () => {
    const [a, b] = [await h.client(), await h.client()];
    h.models.progress.fire({ modelId: 'script', file: 'x', receivedBytes: 1, totalBytes: 2 });
    deepEqual(
      [a, b].map((c) => c?.notes.map((n) => n.method)),
      [['models/progress'], ['models/progress']],
    );
  });

  it('promise: a search with a control character gets a clear answer', async () => {
    const client = await h.client();
    const bad = { query: 'a\u0000b', speaker: '\u0000', repository: '\u0000', branch: '\u0000' };
    for (const [name, value] of Object.entries(bad)) {
      const answer = client.raw('session/search', { [name]: value });
      await rejects(answer, {
        code: 'rpc.invalidParams',
        message: `session/search: "${name}" is not valid: it contains control characters; remove them.`,
      });
    }
    equal(await client.code('session/search', { query: 'a "b" (c* NEAR' }), 'ok');
  });

  it('analyses a text without storing it', async () => {
    const client = await h.client();
    const segments = [
      { id: 'a', start: 1, end: 2, source: 'system', speaker: 'Ben', text: 'hello' },
    ];
    const { insights } = (await client.raw('insights/analyze', { segments })) as {
      insights: { evidence: object[] }[];
    };
    deepEqual(
      {
        evidence: insights[0]?.evidence,
        twice: await client.code('insights/analyze', { segments: [...segments, ...segments] }),
        date: await client.code('insights/analyze', { segments, date: 'soon' }),
      },
      {
        evidence: [{ segmentId: 'a', startMs: 1000, endMs: 2000, quote: 'hello' }],
        twice: 'analysis.badInput',
        date: 'analysis.badInput',
      },
    );
  });

  it('asks to end', async () => {
    const client = await h.client();
    deepEqual(
      [
        await client.raw('daemon/drain', { withinMs: 5 }),
        await client.raw('daemon/shutdown', {}),
        h.calls,
      ],
      [{ sessions: 3 }, {}, ['drain 5', 'shutdown']],
    );
  });

  it('answers the model requests and names what it does not know', async () => {
    const client = await h.client();
    deepEqual(
      [
        await client.code('models/list', {}),
        await client.code('models/pull', { modelId: 'script' }),
        await client.code('models/verify', { modelId: 'none' }),
        await client.code('models/remove', { modelId: 'none' }),
      ],
      ['ok', 'ok', 'model.unknown', 'model.unknown'],
    );
  });
});
