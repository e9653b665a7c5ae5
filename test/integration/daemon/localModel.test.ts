/**
 * A local language model in a real daemon: it is added, takes the exam, reads an ended meeting, and
 * loses nothing when its process is killed. Left out without the model.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon } from '../../../client';
import { DaemonHealth } from '../../../protocol/health';
import { InsightWrite, InsightWriting } from '../../../protocol/insights';
import { LanguageModelLevels } from '../../../protocol/languageModel';
import { ModelsAdd } from '../../../protocol/models';
import { SessionGet } from '../../../protocol/session';
import { DaemonFolder, builtDaemon, until } from '../../../testing/processes/daemonProcess';
import { evaluationModel, FETCH_HINT } from '../../../testing/fakes/evaluationModels';
import { keepMeeting } from '../../../testing/harness/keptMeeting';
import { skip } from '../../../testing/harness/skip';

const ID = 'kept-meeting';

describe('insights/write with a local model', function () {
  this.timeout(180_000);
  let folder: DaemonFolder;
  let client: Awaited<ReturnType<typeof ensureDaemon>>;

  const insights = async () => (await client.request(SessionGet, { sessionId: ID })).insights;
  const write = (modelId = 'tiny', signal = new AbortController().signal) =>
    client.request(InsightWrite, { sessionId: ID, model: 'local', modelId }, { signal });
  const levels = async () => (await client.request(LanguageModelLevels, {})).levels;
  /** Processes of language models that the daemon started. */
  const processes = async (): Promise<number[]> => {
    const { pid } = await client.request(DaemonHealth, {});
    const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
    return lines.flatMap((line) => {
      const [own, parent, ...args] = line.trim().split(/\s+/);
      return parent === String(pid) && /language/.test(args.join(' ')) ? [Number(own)] : [];
    });
  };

  before(function () {
    if (process.platform === 'win32') skip(this, 'it lists processes with ps');
    if (evaluationModel('small') === undefined) skip(this, FETCH_HINT('small'));
  });
  beforeEach(async () => {
    folder = new DaemonFolder();
    keepMeeting(folder.path, ID, 'mobile-team-sync', Date.parse('2026-11-23T09:30:00Z'));
    const own = join(folder.path, 'own');
    mkdirSync(own);
    linkSync(evaluationModel('small') ?? '', join(own, 'tiny.gguf'));
    writeFileSync(
      join(own, 'model.json'),
      JSON.stringify({ id: 'tiny', recogniser: 'llama', languages: ['en'] }),
    );
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: builtDaemon(),
      timeoutMs: 40_000,
    });
    await client.request(ModelsAdd, { folder: own });
  });
  afterEach(async () => {
    client?.dispose();
    await folder?.remove();
  });

  it('lists it, examines it, and changes nothing if it does not pass', async () => {
    const before = await insights();
    const { local } = await client.request(LanguageModelLevels, {});
    deepEqual(
      local.filter(({ installed }) => installed).map(({ id, modelId }) => [id, modelId]),
      [['tiny', 'local/tiny']],
    );
    ok(local.some(({ id, installed }) => id === 'qwen3-4b-instruct' && !installed));
    await rejects(write(), { code: 'engine.refused', message: /did not pass the five questions/ });
    deepEqual(await levels(), [{ modelId: 'local/tiny', level: 'none' }]);
    deepEqual(await insights(), before);
  });

  it('says what is missing', async () => {
    await rejects(write('nothing'), { code: 'model.unknown' });
    await rejects(write('qwen3-4b-instruct'), { code: 'model.missing' });
    await rejects(write('moonshine-tiny'), { code: 'model.incompatible' });
    equal((await processes()).length, 0);
  });

  it('loses nothing when its process is killed, and stops within a second of a cancel', async () => {
    client.dispose();
    // Its real level is "none"; with another one it reads the meeting.
    writeFileSync(
      join(folder.path, 'language-models.json'),
      JSON.stringify({ exam: 1, models: [{ modelId: 'local/tiny', level: 'strong' }] }),
    );
    await folder.kill();
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: builtDaemon(),
      timeoutMs: 40_000,
    });
    const before = await insights();
    let reading = 0;
    client.onNotification(InsightWriting, () => void reading++);
    const killed = rejects(write(), {
      code: 'engine.crashed',
      message: /^The local language model tiny ended unexpectedly \(SIGKILL\)\. Nothing is lost/,
    });
    await until(async () => reading > 0 && (await processes()).length === 1, 'it reads');
    process.kill((await processes())[0] ?? 0, 'SIGKILL');
    await killed;
    deepEqual(await insights(), before);

    const cancel = new AbortController();
    const cancelled = rejects(write('tiny', cancel.signal), { code: 'rpc.cancelled' });
    await until(async () => (await processes()).length === 1, 'it reads again');
    const begun = performance.now();
    cancel.abort();
    await cancelled;
    ok(performance.now() - begun <= 1_000);
    deepEqual(await insights(), before);
  });
});
