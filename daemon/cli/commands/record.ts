/**
 * `earmark record`: a meeting in the terminal. Prints words as they are spoken; Ctrl-C stops and
 * saves the session.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Connection } from '../../../client';
import { AudioDevices } from '../../../protocol/audio';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import {
  SessionGet,
  SessionStop,
  type SessionEvent,
  type SourceSpec,
} from '../../../protocol/session';
import { renderInsightsMarkdown } from '../../insights/text/render';
import { isoWithOffset } from '../../session/contract/record';
import type { DeviceChoice } from '../../asr/contract/provider';
import { deviceOption } from '../deviceOption';
import { withDaemon, type Environment } from '../environment';
import { LiveTranscript } from '../output/liveTranscript';
import { NoteFile } from '../noteFile';
import { persist } from '../persist';
import { readSymbols } from '../symbolsFile';

interface Options {
  readonly mic?: boolean;
  readonly system?: boolean;
  readonly title?: string;
  readonly notes?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly symbols?: string;
}

const CONSENT = 'Started by a person from the command line.';
const NOTE_MS = 3_000;
const DONE_TIMEOUT_MS = 120_000;
const CONFIRM_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export function recordCommand(program: Command, env: () => Environment): void {
  program
    .command('record')
    .summary('record a meeting and show its transcript')
    .description(
      'Records your microphone and the audio of your speakers, and shows the ' +
        'transcript live. Ctrl-C stops. Inform the other participants before you ' +
        'record them.',
    )
    .option('--mic', 'record the microphone')
    .option('--system', 'record the audio of your speakers')
    .option('--title <T>', 'title of the session')
    .option('--notes <FILE>', 'write the Markdown note to this file; your own text in it stays')
    .option('--provider <P>', 'speech engine: moonshine, nemo, whisper, voxtral or openai')
    .option('--model <M>', 'model of the engine; "earmark models list" shows them')
    .addOption(deviceOption())
    .option('--symbols <FILE>', 'file of names from the code, one per line, likeliest first')
    .action(async (options: Options) => {
      const phrases = (await readSymbols(options.symbols))?.phrases ?? [];
      await withDaemon(env(), (connection) => record(env(), connection, options, phrases), {
        window: true,
      });
    });
}

async function record(
  env: Environment,
  connection: Connection,
  options: Options,
  phrases: readonly string[],
): Promise<void> {
  const live = new LiveTranscript(env.out, env.err);
  const note = options.notes === undefined ? undefined : new NoteFile(connection, options.notes);
  let ended!: () => void;
  let failed!: (error: EarmarkError) => void;
  const over = new Promise<void>((resolve, reject) => {
    ended = resolve;
    failed = reject;
  });
  over.catch(() => undefined);
  let lastError: EarmarkError | undefined;
  const sink = (event: SessionEvent) => {
    live.take(event);
    if (event.kind === 'error') lastError = new EarmarkError(event.code, event.message);
    if (event.kind === 'state' && event.to === 'DONE') ended();
    if (event.kind === 'state' && event.to === 'FAILED')
      failed(
        lastError ?? new EarmarkError('internal', 'The session failed; see "earmark daemon logs".'),
      );
  };
  const sources = await chooseSources(env, connection, options);
  const subscription = await connection.start(
    {
      kind: 'meeting',
      sources,
      partials: true,
      insights: true,
      ...(phrases.length === 0 ? {} : { phrases: [...phrases] }),
      ...(options.title === undefined ? {} : { title: options.title }),
      ...(options.provider === undefined ? {} : { provider: options.provider }),
      ...(options.model === undefined ? {} : { model: options.model }),
      ...(options.device === undefined ? {} : { device: options.device }),
      consent: { by: 'cli', at: isoWithOffset(Date.now()), wording: CONSENT },
    },
    sink,
  );
  subscription.onDidLose(failed);
  const { sessionId } = subscription;
  live.begin(sources.map((s) => s.source));
  const timer =
    note &&
    setInterval(
      () =>
        void note
          .update(sessionId)
          .catch((error: unknown) =>
            live.notice(isEarmarkError(error) ? error.message : 'Could not write the note.'),
          ),
      NOTE_MS,
    );
  try {
    await Promise.race([over, aborted(env.signal)]);
    live.stopping();
    await persist(connection, SessionStop, { sessionId });
    await Promise.race([over, timeout(DONE_TIMEOUT_MS)]);
    await confirmed(env, connection);
    live.end();
    clearInterval(timer);
    const { insights, session } = await persist(connection, SessionGet, { sessionId });
    const found = renderInsightsMarkdown(insights);
    if (found !== '') env.out.write(`\n${found}`);
    if (note) env.err.write(`earmark: The note is in ${await note.update(sessionId)}.\n`);
    env.err.write(
      `earmark: Saved as session ${session.id}; "earmark sessions show ${session.id}" ` +
        'shows it.\n',
    );
  } finally {
    clearInterval(timer);
    live.end();
    subscription.dispose();
  }
}

/**
 * Waits until the remote daemon confirms the recording, which deletes the local copy. If this takes
 * too long, a later client continues.
 */
async function confirmed(env: Environment, connection: Connection): Promise<void> {
  for (
    const deadline = Date.now() + CONFIRM_TIMEOUT_MS;
    (connection.sending ?? []).length > 0;
    await delay(POLL_MS)
  ) {
    if (Date.now() < deadline) continue;
    env.err.write(
      'earmark: The remote daemon has not confirmed the recording yet, so a copy ' +
        'stays on this machine. "earmark daemon status" shows its state.\n',
    );
    return;
  }
}

/**
 * Picks both sources if no source is given and both are available; a named source must be
 * available.
 */
async function chooseSources(
  env: Environment,
  connection: Connection,
  options: Options,
): Promise<SourceSpec[]> {
  const spec = (source: 'mic' | 'system'): SourceSpec => ({ source, origin: { type: 'capture' } });
  if (options.mic || options.system)
    return [...(options.mic ? [spec('mic')] : []), ...(options.system ? [spec('system')] : [])];
  const { microphones, systems, advice } = await persist(connection, AudioDevices, {});
  const found = [
    ...(microphones.length > 0 ? [spec('mic')] : []),
    ...(systems.length > 0 ? [spec('system')] : []),
  ];
  if (found.length === 0)
    throw new EarmarkError(
      'audio.noRecorder',
      advice[0] ??
        'No recorder works on this machine; run "earmark doctor" to see what is ' + 'missing.',
    );
  for (const sentence of found.length < 2 ? advice : []) env.err.write(`earmark: ${sentence}\n`);
  return found;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function timeout(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(
      () =>
        reject(
          new EarmarkError(
            'rpc.timeout',
            'The daemon is still finishing the session; "earmark sessions list" shows its ' +
              'state.',
          ),
        ),
      ms,
    ).unref();
  });
}
