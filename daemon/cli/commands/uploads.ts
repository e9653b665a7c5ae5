/**
 * `earmark uploads list|send|transcribe|discard`: recordings for a daemon elsewhere that this
 * machine keeps until that has confirmed them.
 */
import { type Command, Option } from 'commander';
import type { Requester } from '../../../client';
import { EarmarkError } from '../../../protocol/errors';
import {
  UploadDiscard,
  UploadList,
  UploadTranscribe,
  type UploadInfo,
} from '../../../protocol/uploads';
import { withDaemon, type Environment } from '../environment';
import { SilentFailure, UsageError } from '../failure';
import { megabytes, table } from '../output';

/** A model may have to be loaded first. */
const TRANSCRIBE_TIMEOUT_MS = 180_000;

/** @param env this machine; @param elsewhere with the daemon that `--remote` names */
export function uploadsCommand(
  program: Command,
  env: () => Environment,
  elsewhere: () => Environment,
): void {
  const uploads = program
    .command('uploads')
    .summary('recordings kept for a daemon elsewhere')
    .description(
      'A recording for a daemon elsewhere is kept on this machine until that has confirmed length and hash. These commands show what still waits, send it again, transcribe it here instead, or discard it.',
    );
  uploads
    .command('list')
    .summary('what is kept and not confirmed, oldest first')
    .addOption(
      new Option('--format <F>', 'what to print').choices(['text', 'json']).default('text'),
    )
    .action((options: { format: 'text' | 'json' }) => list(env(), options.format));
  uploads
    .command('send')
    .summary(
      'send it to the daemon that --remote names, have it confirmed, and end what was being recorded',
    )
    .argument(
      '[ID...]',
      'as "earmark uploads list" shows it, or its beginning; none: all for that daemon',
    )
    .action((ids: string[]) => send(env(), elsewhere(), ids));
  uploads
    .command('transcribe')
    .summary('transcribe it with the engine of this machine, as a session here')
    .argument('<ID>', 'as "earmark uploads list" shows it, or its beginning')
    .action((id: string) => transcribe(env(), id));
  uploads
    .command('discard')
    .summary('delete the copy here, whether the other side has it or not')
    .argument('<ID...>', 'as "earmark uploads list" shows it, or its beginning')
    .action((ids: string[]) => discard(env(), ids));
}

export function uploadText(upload: UploadInfo): string {
  return `of ${startOf(upload)} for ${upload.remote}: ${stateOf(upload)}, ${megabytes(upload.bytes)}${upload.problem === undefined ? '' : `. ${upload.problem}`}`;
}

const startOf = ({ startedAt }: UploadInfo): string =>
  `${startedAt.slice(0, 16).replace('T', ' ')} UTC`;

function stateOf({ state, held }: UploadInfo): string {
  return state === 'uploading'
    ? held
      ? 'is being sent'
      : 'waits to be sent'
    : 'waits to be confirmed';
}

async function list(env: Environment, format: 'text' | 'json'): Promise<void> {
  const uploads = await withDaemon(env, kept);
  if (format === 'json') return void env.out.write(`${JSON.stringify(uploads, undefined, 2)}\n`);
  env.out.write(
    uploads.length === 0
      ? 'Nothing is kept for a daemon elsewhere.\n'
      : table(
          uploads.map((u) => [
            u.uploadId,
            startOf(u),
            u.remote,
            stateOf(u),
            megabytes(u.bytes),
            u.problem ?? '',
          ]),
          [undefined, env.out.style.dim],
        ),
  );
}

async function send(
  env: Environment,
  elsewhere: Environment,
  ids: readonly string[],
): Promise<void> {
  const { remote } = elsewhere;
  if (!remote)
    throw new UsageError(
      'Name the daemon that is to have it, with --remote wss://host:port or EARMARK_REMOTE.',
    );
  const name = new URL(remote.url).host;
  const all = await withDaemon(env, kept);
  const wanted =
    ids.length > 0 ? ids.map((id) => find(all, id)) : all.filter((u) => u.remote === name);
  for (const other of wanted.filter((u) => u.remote !== name))
    throw new UsageError(
      `The recording ${other.uploadId} is for ${other.remote}, not for ${name}.`,
    );
  if (wanted.length === 0) return void env.out.write(`Nothing is kept for ${name}.\n`);
  const left = await withDaemon(elsewhere, async (connection) => {
    // Ctrl-C: what was sent is there, the copies stay.
    const stopped = new Promise<never>((_, reject) =>
      env.signal.addEventListener('abort', () => reject(new SilentFailure()), { once: true }),
    );
    const outcomes = await Promise.race([
      stopped,
      connection.sendKept?.(wanted.map(({ uploadId }) => uploadId)),
    ]);
    return (outcomes ?? []).flatMap(({ problem }) => problem ?? []);
  });
  const sent = wanted.length - left.length;
  if (sent > 0)
    env.out.write(
      sent === 1
        ? `${name} has one recording; its copy here is gone.\n`
        : `${name} has ${sent} recordings; their copies here are gone.\n`,
    );
  for (const problem of left) env.err.write(`earmark: ${problem}\n`);
  if (left.length > 0) throw new SilentFailure();
}

async function transcribe(env: Environment, id: string): Promise<void> {
  await withDaemon(env, async (connection) => {
    const { uploadId } = find(await kept(connection), id);
    const { sessionId } = await connection.request(
      UploadTranscribe,
      { uploadId },
      { timeoutMs: TRANSCRIBE_TIMEOUT_MS },
    );
    env.out.write(
      `It is being transcribed as session ${sessionId}; the copy goes when that is done. "earmark sessions show ${sessionId}" shows it.\n`,
    );
  });
}

async function discard(env: Environment, ids: readonly string[]): Promise<void> {
  await withDaemon(env, async (connection) => {
    const all = await kept(connection);
    // Nothing goes where one of the names is wrong.
    for (const { uploadId } of ids.map((id) => find(all, id)))
      await connection.request(UploadDiscard, { uploadId });
  });
  env.out.write(
    ids.length === 1
      ? 'One recording is discarded.\n'
      : `${ids.length} recordings are discarded.\n`,
  );
}

async function kept(connection: Requester): Promise<readonly UploadInfo[]> {
  return (await connection.request(UploadList, {})).uploads;
}

function find(uploads: readonly UploadInfo[], id: string): UploadInfo {
  const found = uploads.filter(({ uploadId }) => uploadId.startsWith(id));
  const [upload] = found;
  if (!upload)
    throw new EarmarkError(
      'session.notFound',
      `No recording ${id} is kept here; "earmark uploads list" shows what is.`,
    );
  if (found.length > 1)
    throw new EarmarkError(
      'rpc.invalidParams',
      `${id} is the beginning of several recordings; write more of it.`,
    );
  return upload;
}
