/**
 * A language model that a client offers writes the notes of an ended meeting again, in a real
 * daemon: exam, ids, costs, refusal, limit, cancel, and what a person changed.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon } from '../../../client';
import { InsightRevise, InsightWrite, InsightWriting } from '../../../protocol/insights';
import {
  LanguageModelAnswer,
  LanguageModelAsk,
  LanguageModelLevels,
  LanguageModelOffer,
} from '../../../protocol/languageModel';
import { SessionGet } from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { keepMeeting } from '../../../testing/harness/keptMeeting';
import {
  LIE,
  type ModelMood,
  scriptedAnswer,
  WRITTEN_ACTION,
} from '../../../testing/fakes/scripted/scriptedNotes';

const ID = 'kept-meeting';

describe('insights/write', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: Awaited<ReturnType<typeof ensureDaemon>>;
  let mood: ModelMood;
  let asked: string[];

  const offer = (modelId: string) =>
    client.request(LanguageModelOffer, { name: 'Scripted', modelId });
  const insights = async () =>
    (await client.request(SessionGet, { sessionId: ID })).insights.filter(
      ({ kind }) => kind !== 'entity',
    );
  const write = (signal = new AbortController().signal) =>
    client.request(InsightWrite, { sessionId: ID, model: 'editor' }, { signal });
  const levels = async () =>
    Object.fromEntries(
      (await client.request(LanguageModelLevels, {})).levels.map(({ modelId, level }) => [
        modelId,
        level,
      ]),
    );

  beforeEach(async () => {
    folder = new DaemonFolder();
    mood = 'good';
    asked = [];
    keepMeeting(folder.path, ID, 'mobile-team-sync', Date.parse('2026-11-23T09:30:00Z'));
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 40_000,
    });
    client.onNotification(LanguageModelAsk, ({ id, messages }) => {
      const prompt = messages.map(({ content }) => content).join('\n');
      asked.push(prompt);
      if (mood === 'slow') return;
      const outcome =
        mood === 'refuses' || mood === 'limited'
          ? {
              kind: 'failed' as const,
              reason: mood === 'refuses' ? ('refused' as const) : ('rateLimited' as const),
            }
          : {
              kind: 'text' as const,
              text: scriptedAnswer(prompt, mood),
              tokens: { input: 100, output: 10 },
            };
      void client.request(LanguageModelAnswer, { id, outcome });
    });
  });
  afterEach(async () => {
    client.dispose();
    await folder.remove();
  });

  it('rewrites items in place, counts the costs, and stores the result of the exam', async () => {
    const before = await insights();
    const privacy = before.find(
      ({ kind, evidence }) => kind === 'action' && evidence[0]?.segmentId === 's7',
    );
    ok(privacy !== undefined && privacy.text !== WRITTEN_ACTION);
    await offer('scripted/big/1');
    const steps: string[] = [];
    client.onNotification(InsightWriting, ({ step, of }) => void steps.push(`${step} ${of}`));
    const { changed, ...result } = await write();
    deepEqual(result, {
      level: 'strong',
      requests: 3,
      inputTokens: 300,
      outputTokens: 30,
      estimated: false,
    });
    ok(changed >= 3);
    deepEqual(steps, ['exam 1', 'reading 1']);
    const after = await insights();
    const same = after.find(({ id }) => id === privacy.id);
    deepEqual(
      [same?.text, same?.owner, same?.due?.phrase],
      [WRITTEN_ACTION, 'Tim', 'within the hour'],
    );
    deepEqual(await levels(), { 'editor/scripted/big/1': 'strong' });
    match(readFileSync(join(folder.path, 'language-models.json'), 'utf8'), /scripted\/big\/1/);
    asked = [];
    await write();
    equal(asked.length, 2, 'the exam is taken once');
  });

  it('leaves what a person changed or dismissed', async () => {
    const [first, second] = (await insights()).filter(({ kind }) => kind === 'action');
    ok(first && second);
    await client.request(InsightRevise, { sessionId: ID, insightId: first.id, text: 'Mine' });
    await client.request(InsightRevise, {
      sessionId: ID,
      insightId: second.id,
      status: 'dismissed',
    });
    await offer('scripted/big/1');
    await write();
    const after = await insights();
    deepEqual(
      [first, second].map(({ id }) => {
        const { text = '', status } = after.find((one) => one.id === id) ?? {};
        return [text, status];
      }),
      [
        ['Mine', 'open'],
        [second.text, 'dismissed'],
      ],
    );
  });

  it('changes nothing after a refusal or a limit, and examines the model again later', async () => {
    await offer('scripted/big/1');
    const before = await insights();
    mood = 'refuses';
    await rejects(write(), { code: 'engine.refused' });
    mood = 'limited';
    await rejects(write(), { code: 'engine.rateLimited' });
    const sent = asked.length;
    await rejects(write(), { code: 'engine.rateLimited' });
    deepEqual([asked.length, await levels(), await insights()], [sent, {}, before]);
  });

  it('keeps the notes when it is cancelled', async () => {
    await offer('scripted/big/1');
    const before = await insights();
    mood = 'slow';
    const cancel = new AbortController();
    const writing = write(cancel.signal);
    await until(() => asked.length === 1, 'the model is asked');
    cancel.abort();
    await rejects(writing, { code: 'rpc.cancelled' });
    deepEqual([await insights(), await levels()], [before, {}]);
    mood = 'good';
    await until(
      () =>
        write().then(
          () => true,
          () => false,
        ),
      'it can write again',
    );
  });

  it('asks a second time, and puts the quote in place of a text that the model denies', async () => {
    mood = 'lies';
    await offer('scripted/big/1');
    await write();
    const texts = (await insights()).map(({ text }) => text);
    deepEqual(
      [texts.includes(LIE), texts.includes('Joel: "Fair. We keep it closed for now."')],
      [false, true],
    );
  });

  it('uses a middle model for single items, and a weak one for nothing', async () => {
    await offer('scripted/middle/1');
    mood = 'middle';
    const { level, requests } = await write();
    const short = (await insights()).filter(({ text }) => text === 'Put the privacy text back');
    equal(level, 'middle');
    ok(requests > 2);
    // The same text for another line is refused.
    equal(short.length, 1);
    mood = 'weak';
    await offer('scripted/weak/1');
    await rejects(write(), { code: 'engine.refused', message: /did not pass the five questions/ });
    deepEqual(await levels(), {
      'editor/scripted/middle/1': 'middle',
      'editor/scripted/weak/1': 'none',
    });
  });

  it('says what is missing', async () => {
    await rejects(write(), { code: 'engine.unavailable' });
    await rejects(client.request(InsightWrite, { sessionId: ID, model: 'server' }), {
      code: 'engine.unavailable',
    });
    await offer('scripted/big/1');
    await rejects(client.request(InsightWrite, { sessionId: 'no', model: 'editor' }), {
      code: 'session.notFound',
    });
  });
});
