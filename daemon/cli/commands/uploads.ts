/**
 * `earmark uploads list|send|transcribe|discard`: manages upload copies that a remote daemon has
 * not confirmed.
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
import { SilentFailure, UsageError } from '../output/failure';
import { megabytes, table } from '../output/output';

/** Includes the possible load of a model. */
const TRANSCRIBE_TIMEOUT_MS = 180_000;

/**
 * @param env this machine
 * @param elsewhere this machine with the daemon of `--remote`
 */
export function uploadsCommand(
  program: Command,
  env: () => Environment,
  elsewhere: () => Environment,
): void {
  const uploads = program
    .command('uploads')
    .summary('manage recordings that wait for a remote daemon')
    .description(
      'This machine keeps a copy of each recording until the remote daemon confirms ' +
        'its length and hash. List the copies, send them again, transcribe them here, ' +
        'or discard them.',
    );
  uploads
    .command('list')
    .summary('list unconfirmed recordings, oldest first')
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .action((options: { format: 'text' | 'json' }) => list(env(), options.format));
  uploads
    .command('send')
    .summary('send the recording to the daemon of --remote, confirm it, and end its session')
    .argument(
      '[ID...]',
      'id from "earmark uploads list", or its first letters; default: all for that ' + 'daemon',
    )
    .action((ids: string[]) => send(env(), elsewhere(), ids));
  uploads
    .command('transcribe')
    .summary('transcribe the recording on this machine, as a local session')
    .argument('<ID>', 'id from "earmark uploads list", or its first letters')
    .action((id: string) => transcribe(env(), id));
  uploads
    .command('discard')
    .summary('delete the local copy, confirmed or not')
    .argument('<ID...>', 'id from "earmark uploads list", or its first letters')
    .action((ids: string[]) => discard(env(), ids));
}

export function uploadText(upload: UploadInfo): string {
  return (
    `of ${startOf(upload)} for ${upload.remote}: ${stateOf(upload)}, ` +
    `${megabytes(upload.bytes)}${upload.problem === undefined ? '' : `. ${upload.problem}`}`
  );
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
      ? 'No recordings are waiting for a remote daemon.\n'
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
    throw new UsageError('Name the remote daemon with --remote wss://host:port or EARMARK_REMOTE.');
  const name = new URL(remote.url).host;
  const all = await withDaemon(env, kept);
  const wanted =
    ids.length > 0 ? ids.map((id) => find(all, id)) : all.filter((u) => u.remote === name);
  for (const other of wanted.filter((u) => u.remote !== name))
    throw new UsageError(
      `The recording ${other.uploadId} is for ${other.remote}, not for ${name}.`,
    );
  if (wanted.length === 0) return void env.out.write(`No recordings are waiting for ${name}.\n`);
  const left = await withDaemon(elsewhere, async (connection) => {
    // Ctrl-C: sent audio stays at the remote daemon, and the copies stay here.
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
        ? `${name} confirmed one recording. The local copy is deleted.\n`
        : `${name} confirmed ${sent} recordings. The local copies are deleted.\n`,
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
      `Transcribing as session ${sessionId}; the copy is deleted when the ` +
        `transcription is complete. "earmark sessions show ${sessionId}" shows it.\n`,
    );
  });
}

async function discard(env: Environment, ids: readonly string[]): Promise<void> {
  await withDaemon(env, async (connection) => {
    const all = await kept(connection);
    // Deletes nothing if any of the ids is wrong.
    for (const { uploadId } of ids.map((id) => find(all, id)))
      await connection.request(UploadDiscard, { uploadId });
  });
  env.out.write(
    ids.length === 1 ? 'Discarded one recording.\n' : `Discarded ${ids.length} recordings.\n`,
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
      `There is no recording ${id} on this machine; "earmark uploads list" shows the ` +
        'recordings.',
    );
  if (found.length > 1)
    throw new EarmarkError(
      'rpc.invalidParams',
      `${id} matches several recordings; write more of the id.`,
    );
  return upload;
}
