/** `earmark transcribe FILE…`: recordings to text, through the daemon. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { isEarmarkError } from '../../../protocol/errors';
import { openAudioFile } from '../../adapters/capture/audioFile';
import type { AudioFile } from '../../audio/audioFile';
import { raiseQuiet } from '../../audio/levels/quietAudio';
import { jsonlLine, renderExport, renderText, type ExportFormat } from '../../notes/exports';
import type { ExportSession } from '../../notes/types';
import type { Connection } from '../../../client';
import type { Segment } from '../../../protocol/transcript';
import type { DeviceChoice } from '../../asr/contract/provider';
import { defined } from '../../base/defined';
import { deviceOption } from '../deviceOption';
import { withDaemon, type Environment } from '../environment';
import { SilentFailure, UsageError } from '../output/failure';
import { transcribeFile } from '../fileSession';
import { FORMATS } from '../output/formats';
import type { Terminal } from '../output/output';
import { progressBar } from '../output/progress';
import { isStandardInput, STANDARD_INPUT, standardInputFile } from '../standardInput';
import { readSymbols } from '../symbolsFile';
import { languageTag } from '../output/values';

interface Options {
  readonly provider?: string;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly format: ExportFormat;
  readonly splitChannels?: boolean;
  readonly diarize?: boolean;
  readonly realtime?: boolean;
  readonly keep?: boolean;
  readonly language?: string;
  readonly symbols?: string;
}

type FileOptions = Options & { readonly phrases?: readonly string[] };

/**
 * Files in flight: two keep both workers busy at the ends of files; the third is decoded meanwhile.
 */
const IN_FLIGHT = 3;

export function transcribeCommand(program: Command, env: () => Environment): void {
  program
    .command('transcribe')
    .summary('transcribe recordings')
    .description(
      'Transcribes recordings: WAV, FLAC, MP3, OGG and Opus, and other formats ' +
        'through ffmpeg.',
    )
    .argument('<FILE...>', 'recordings; - for standard input')
    .option('--provider <P>', 'speech engine: moonshine, nemo, whisper, voxtral or openai')
    .option('--model <M>', 'model of the engine; "earmark models list" shows them')
    .addOption(deviceOption())
    .addOption(new Option('--format <F>', 'output format').choices(FORMATS).default('text'))
    .option(
      '--split-channels',
      'treat the left channel as you (mic), the right channel as the others (system)',
    )
    .option('--diarize', 'distinguish the speakers by their voices')
    .option('--realtime', 'process the file at playback speed')
    .option('--keep', 'store the session; "earmark sessions show" shows it')
    .option('--language <L>', 'spoken language as BCP 47 tag (en, de)', languageTag)
    .option('--symbols <FILE>', 'file of names from the code, one per line, likeliest first')
    .action(async (files: string[], options: Options) => {
      const piped = files.filter(isStandardInput);
      if (piped.length > 1)
        throw new UsageError('Standard input is named twice; name each recording once.');
      const input = piped.length > 0 ? await standardInputFile(env().signal) : undefined;
      try {
        const read = files.map((file) => (input && isStandardInput(file) ? input.file : file));
        await transcribe(env(), read, options);
      } finally {
        await input?.dispose();
      }
    });
}

async function transcribe(
  env: Environment,
  files: readonly string[],
  options: Options,
): Promise<void> {
  if (new Set(files).size < files.length)
    throw new UsageError('You named a file twice; name each file once.');
  const phrases = (await readSymbols(options.symbols))?.phrases;
  // Live transcript lines and a progress bar cannot share a terminal.
  const progress = progressBar(
    env.err,
    'Transcribing',
    files.length,
    !(env.out.isTTY && options.format === 'jsonl'),
  );
  const held: (() => void)[] = [];
  const say = (to: Terminal, text: string) =>
    progress.drawing && to.isTTY ? void held.push(() => to.write(text)) : to.write(text);
  const complain = (sentence: string) => say(env.err, `earmark: ${sentence}\n`);
  // Speakers are known at the end, and the final state of a stored session counts.
  const streams = options.diarize !== true;
  const printer = new Printer(
    (text) => say(env.out, text),
    options.format,
    files.map(shownName),
    streams,
  );
  let failures = 0;
  try {
    await withDaemon(env, async (connection) => {
      let next = 0;
      const partition = async () => {
        for (let index = next++; index < files.length && !env.signal.aborted; index = next++) {
          const file = files[index]!;
          try {
            const session = await oneFile(
              env,
              connection,
              file,
              { ...options, ...(phrases && { phrases }) },
              {
                onFinal: (s) => printer.final(index, s),
                onFraction: (f) => progress.set(index, f),
                complain,
                warn: (sentence) =>
                  progress.interrupt(() =>
                    env.err.write(`earmark: ${shownName(file)}: ${sentence}\n`),
                  ),
              },
            );
            printer.done(index, session);
            if (isEmpty(session)) complain(nothingRecognised(file));
          } catch (error) {
            if (env.signal.aborted) return;
            // A connection error affects every file.
            if (
              !isEarmarkError(error) ||
              error.code.startsWith('rpc.') ||
              error.code.startsWith('daemon.')
            )
              throw error;
            failures++;
            complain(error.message);
            printer.done(index, undefined);
          }
          progress.set(index, 1);
        }
      };
      await Promise.all(
        Array.from({ length: options.realtime ? 1 : Math.min(IN_FLIGHT, files.length) }, partition),
      );
    });
  } finally {
    progress.stop();
    for (const write of held) write();
  }
  if (env.signal.aborted) throw new SilentFailure();
  printer.finish();
  if (failures > 0) throw new SilentFailure();
}

/**
 * A daemon that ends takes its ephemeral sessions with it. The file is then transcribed again, this
 * many times at most.
 */
const RESTARTS = 3;

/** Repeats the transcription after the daemon lost the session; no final is shown twice. */
async function oneFile(
  env: Environment,
  connection: Connection,
  file: string,
  options: FileOptions,
  watch: Watch,
): Promise<ExportSession> {
  const shownMs = new Map<string, number>();
  const onFinal = (segment: Segment): void => {
    if (segment.startMs < (shownMs.get(segment.source) ?? 0)) return;
    shownMs.set(segment.source, segment.endMs);
    watch.onFinal(segment);
  };
  for (let restarts = 0; ; restarts++) {
    try {
      return await tryFile(env, connection, file, options, { ...watch, onFinal });
    } catch (error) {
      const lost = isEarmarkError(error, 'session.notFound') && options.keep !== true;
      if (!lost || restarts >= RESTARTS) throw error;
    }
  }
}

const isEmpty = ({ segments }: ExportSession): boolean =>
  segments.every(({ hidden, text }) => hidden === true || text.trim() === '');

const nothingRecognised = (file: string): string =>
  `No speech was recognised in ${basename(file)}; check that the recording is loud enough and in the language of the model.`;

const shownName = (file: string): string => (basename(file) === STANDARD_INPUT ? '-' : file);

/** Passes each sentence once. */
function once(say: (sentence: string) => void): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (said.has(sentence)) return;
    said.add(sentence);
    say(sentence);
  };
}

interface Watch {
  readonly onFinal: (segment: Segment) => void;
  readonly onFraction: (fraction: number) => void;
  readonly complain: (sentence: string) => void;
  /** Writes at once, also while the progress bar draws. */
  readonly warn: (sentence: string) => void;
}

async function tryFile(
  env: Environment,
  connection: Connection,
  file: string,
  options: FileOptions,
  watch: Watch,
): Promise<ExportSession> {
  const open = (): Promise<AudioFile> =>
    openAudioFile(file, {
      ...(options.splitChannels ? { splitChannels: true } : {}),
      signal: env.signal,
    });
  const audio = await raiseQuiet(open, basename(file));
  const { declaredMs } = audio;
  const { phrases, language, provider, model, device } = options;
  const result = await transcribeFile(connection, audio, {
    title: basename(file),
    insights: options.format === 'json' || options.format === 'md' || options.keep === true,
    keep: options.keep ?? false,
    realtime: options.realtime ?? false,
    diarize: options.diarize ?? false,
    ...defined({ phrases, language, provider, model, device }),
    signal: env.signal,
    onFinal: watch.onFinal,
    onWarning: once(watch.warn),
    ...(declaredMs
      ? { onProgress: (ms: number) => watch.onFraction(Math.min(0.99, ms / declaredMs)) }
      : {}),
  });
  for (const sentence of result.diagnostics) watch.complain(sentence);
  if (options.keep) watch.complain(`Saved as session ${result.session.id}.`);
  return {
    file: shownName(file),
    title: result.session.title,
    startedAt: result.session.startedAt,
    segments: result.segments,
    speakers: result.speakers,
    insights: result.insights,
    stats: result.stats,
  };
}

/**
 * Prints in the order of the files. JSON lines appear live after the previous files are finished,
 * unless speakers may still be revised.
 */
class Printer {
  private readonly pending: Segment[][];
  private readonly results = new Map<number, ExportSession | undefined>();
  private current = 0;

  constructor(
    private readonly write: (text: string) => void,
    private readonly format: ExportFormat,
    private readonly files: readonly string[],
    private readonly streams: boolean,
  ) {
    this.pending = files.map(() => []);
  }

  final(index: number, segment: Segment): void {
    if (this.format !== 'jsonl' || !this.streams) return;
    if (index === this.current) this.line(index, segment);
    else this.pending[index]?.push(segment);
  }

  done(index: number, session: ExportSession | undefined): void {
    this.results.set(index, session);
    while (this.results.has(this.current)) {
      const through = this.results.get(this.current);
      if (this.format === 'text' && through)
        this.write(
          `${this.current > 0 && this.files.length > 1 ? '\n' : ''}${renderText(through)}`,
        );
      if (this.format === 'jsonl' && !this.streams && through)
        this.write(renderExport('jsonl', [through]));
      this.current++;
      for (const segment of this.pending[this.current]?.splice(0) ?? [])
        this.line(this.current, segment);
    }
  }

  finish(): void {
    if (this.format === 'jsonl' || this.format === 'text') return;
    const sessions = this.files.map((_, i) => this.results.get(i)).filter((s) => s !== undefined);
    if (sessions.length > 0) this.write(renderExport(this.format, sessions));
  }

  private line(index: number, segment: Segment): void {
    this.write(jsonlLine(this.files[index] ?? '', segment));
  }
}
