/**
 * Recordings on disk: WAV, FLAC, MP3, OGG and Opus by WASM codecs, other kinds by ffmpeg. Returns
 * 16 kHz Int16 blocks.
 */
import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { EarmarkError } from '../../../protocol/errors';
import type {
  AudioBlock,
  AudioDiagnostic,
  AudioFile,
  AudioFileOptions,
  DecodedAudio,
} from '../../audio/audioFile';
import { SAMPLE_RATE, type Source } from '../../audio/frame';
import { Deinterleaver } from '../../audio/deinterleaver';
import { FULL_SCALE, SampleReader, toFloat32 } from '../../audio/pcm';
import { decodeBlocks } from './audioDecoders';
import { type AudioHeader, checkPlausible, readHeader } from './audioHeader';
import { askFfmpeg, decodeWithFfmpeg, type FfmpegEnd, type FfmpegFacts } from './ffmpegFile';
import { type Env, findProgram } from './programs';
import { TrackMaker } from './trackMaker';

/** Bytes read at once: 4 s of 16-bit mono at 16 kHz, 16 s of MP3 at 64 kbit/s. */
const CHUNK_BYTES = 131_072;
/**
 * Limit of `decodeAudioFile`, which holds a file in memory, 2 MB a minute. `openAudioFile` reads
 * longer files block by block.
 */
const WHOLE_FILE_MAX_MS = 4 * 3_600_000;

export interface OpenOptions extends AudioFileOptions {
  /** Environment with the search path of ffmpeg. */
  readonly env?: Env;
  readonly platform?: NodeJS.Platform;
}

/** @throws EarmarkError audio.unreadable, audio.empty, audio.notAudio, audio.unsupportedFormat */
export async function openAudioFile(file: string, options: OpenOptions = {}): Promise<AudioFile> {
  const name = path.basename(file);
  const handle = await openForReading(file, name);
  try {
    const { size } = await handle.stat();
    if (size === 0)
      throw new EarmarkError(
        'audio.empty',
        `${name} is empty; choose a file that contains a recording.`,
      );
    const header = await readHeader((offset, length) => readAt(handle, offset, length), size, name);
    if (header) return codecFile(file, name, header, options);
    const magic = await readAt(handle, 0, 16);
    return await ffmpegFile(file, name, magic, options);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a whole file into memory.
 * @throws EarmarkError as `openAudioFile`, audio.truncated if no audio can be read,
 * audio.unsupportedFormat for more than four hours
 */
export async function decodeAudioFile(
  file: string,
  options: OpenOptions = {},
): Promise<DecodedAudio> {
  const audio = await openAudioFile(file, options);
  const parts: Int16Array[][] = audio.sources.map(() => []);
  let samples = 0;
  for await (const block of audio.blocks()) {
    block.forEach((pcm, i) => parts[i]!.push(pcm));
    samples += block[0]!.length;
    if (samples > (WHOLE_FILE_MAX_MS / 1000) * SAMPLE_RATE) {
      throw new EarmarkError(
        'audio.unsupportedFormat',
        `${path.basename(file)} is longer than ${WHOLE_FILE_MAX_MS / 3_600_000} hours; ` +
          'cut it into shorter recordings.',
      );
    }
  }
  const tracks = audio.sources.map((source, i) => {
    const pcm = new Int16Array(samples);
    let at = 0;
    for (const part of parts[i]!) {
      pcm.set(part, at);
      at += part.length;
    }
    return { source, pcm };
  });
  return { durationMs: (samples * 1000) / SAMPLE_RATE, tracks, diagnostics: audio.diagnostics };
}

function codecFile(
  file: string,
  name: string,
  header: AudioHeader,
  options: OpenOptions,
): AudioFile {
  const diagnostics: AudioDiagnostic[] = [];
  const sources = sourcesOf(header.channels, options, name, diagnostics);
  const declaredMs =
    header.declaredSamples === undefined
      ? undefined
      : (header.declaredSamples * 1000) / header.sampleRate;

  async function* blocks(): AsyncGenerator<AudioBlock> {
    const maker = new TrackMaker(sources.length === 2, header.fullScale);
    let samples = 0;
    let failure: unknown;
    let over = false;
    let damaged = false;
    try {
      for await (const block of decodeBlocks(
        header.decoder,
        encodedChunks(file, name, header, options.signal),
        () => (damaged = true),
      )) {
        samples += block.channelData[0]!.length;
        const made = await maker.take(block);
        if (made[0]!.length > 0) yield made;
      }
      over = true;
    } catch (error) {
      if (options.signal?.aborted || error instanceof EarmarkError) throw error;
      failure = error; // Samples decoded before the failure stay valid.
      over = true;
    } finally {
      if (!over) maker.dispose(); // failed, aborted or left early
    }
    if (samples === 0) throw nothingIn(name, header, failure);
    const tail = maker.end();
    if (tail[0]!.length > 0) yield tail;
    const missing = (header.declaredSamples ?? 0) - samples;
    const cut =
      header.decoder === 'oga' || header.decoder === 'opus' ? header.endMissing : missing > 0;
    if (failure !== undefined || damaged || cut)
      diagnostics.push(truncated(name, (samples * 1000) / header.sampleRate, declaredMs));
  }
  return {
    codec: header.decoder === 'oga' ? 'vorbis' : header.decoder,
    sampleRate: header.sampleRate,
    channels: header.channels,
    sources,
    declaredMs,
    diagnostics,
    blocks,
  };
}

async function ffmpegFile(
  file: string,
  name: string,
  magic: Uint8Array,
  options: OpenOptions,
): Promise<AudioFile> {
  const env = options.env ?? process.env;
  const ffmpeg = findProgram('ffmpeg', env, options.platform ?? process.platform);
  const kind = kindOf(magic);
  const facts: FfmpegFacts | undefined =
    ffmpeg === undefined ? undefined : await askFfmpeg(ffmpeg, path.resolve(file), env);
  if (ffmpeg === undefined && kind !== undefined) {
    throw new EarmarkError(
      'audio.unsupportedFormat',
      `${name} is ${kind}, which needs ffmpeg. Install ffmpeg, or convert the ` +
        'recording to WAV, FLAC, MP3, OGG or Opus.',
    );
  }
  if (kind !== undefined && facts === undefined) {
    throw new EarmarkError(
      'audio.notAudio',
      `${name} is ${kind}, but ffmpeg finds no audio in it. Get the whole file again ` +
        'or convert it to WAV.',
    );
  }
  if (ffmpeg === undefined || facts === undefined) {
    throw new EarmarkError(
      'audio.notAudio',
      `${name} is not a recording that Earmark can read. Use a WAV, FLAC, MP3, OGG ` +
        'or Opus file, or another format that ffmpeg reads.',
    );
  }
  checkPlausible(facts, name);
  const diagnostics: AudioDiagnostic[] = [];
  const sources = sourcesOf(facts.channels, options, name, diagnostics);

  async function* blocks(): AsyncGenerator<AudioBlock> {
    const reader = new SampleReader();
    const channels = new Deinterleaver(facts!.channels);
    // Mixed here and not by ffmpeg, which averages: an inverted pair would cancel itself.
    const maker = new TrackMaker(sources.length === 2, FULL_SCALE);
    const end: FfmpegEnd = { complaint: undefined };
    let samples = 0;
    for await (const bytes of decodeWithFfmpeg(
      ffmpeg!,
      path.resolve(file),
      facts!.channels,
      env,
      end,
    )) {
      options.signal?.throwIfAborted();
      const channelData = channels.push(reader.push(bytes)).map((pcm) => toFloat32(pcm));
      const length = channelData[0]?.length ?? 0;
      samples += length;
      if (length > 0) yield await maker.take({ channelData, sampleRate: SAMPLE_RATE });
    }
    if (samples === 0) throw nothingIn(name, {}, end.complaint);
    const ms = (samples * 1000) / SAMPLE_RATE;
    // A container's duration is rounded and may count its video. A difference means damage only if
    // the decoder complained too.
    if (end.complaint !== undefined) diagnostics.push(truncated(name, ms, facts!.durationMs));
  }
  return {
    codec: 'ffmpeg',
    sampleRate: facts.sampleRate,
    channels: facts.channels,
    sources,
    declaredMs: facts.durationMs,
    diagnostics,
    blocks,
  };
}

/** @throws EarmarkError audio.unsupportedFormat if a file to split has one channel */
function sourcesOf(
  channels: number,
  options: AudioFileOptions,
  name: string,
  diagnostics: AudioDiagnostic[],
): readonly Source[] {
  if (options.splitChannels !== true) return ['file'];
  if (channels < 2) {
    throw new EarmarkError(
      'audio.unsupportedFormat',
      `${name} has one channel, so Earmark cannot split it into microphone and ` +
        'system. Leave out the channel splitting.',
    );
  }
  if (channels > 2) {
    diagnostics.push({
      code: 'audio.unsupportedFormat',
      message:
        `${name} has ${channels} channels. Channel 1 is used as the microphone and ` +
        'channel 2 as the system; the others are ignored.',
    });
  }
  return ['mic', 'system'];
}

function nothingIn(name: string, header: Partial<AudioHeader>, failure: unknown): EarmarkError {
  if ((header.declaredSamples ?? 0) > 0 || header.endMissing === true) {
    return new EarmarkError(
      'audio.truncated',
      `${name} is cut off or damaged at the start of its audio; get the whole file ` + 'again.',
      { cause: failure },
    );
  }
  if (failure !== undefined)
    return new EarmarkError(
      'audio.notAudio',
      `${name} is damaged, and Earmark could read no audio from it. Get the file ` +
        'again or convert it.',
      { cause: failure },
    );
  return new EarmarkError(
    'audio.empty',
    `${name} contains no audio; choose a file that contains a recording.`,
  );
}

function truncated(
  name: string,
  presentMs: number,
  declaredMs: number | undefined,
): AudioDiagnostic {
  const of = declaredMs === undefined || declaredMs <= presentMs ? '' : ` of ${clock(declaredMs)}`;
  return {
    code: 'audio.truncated',
    message: `${name} is damaged or cut off: Earmark could read only ${clock(presentMs)}${of}.`,
  };
}

function clock(ms: number): string {
  const s = Math.round(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/**
 * Recognises a file without a built-in decoder by its first bytes, for the message that asks for
 * ffmpeg.
 */
function kindOf(b: Uint8Array): string | undefined {
  const at = (offset: number, length: number): string =>
    String.fromCharCode(...b.subarray(offset, offset + length));
  if (at(4, 4) === 'ftyp') return 'an MPEG-4 recording';
  if (at(0, 4) === '\x1aE\xdf\xa3') return 'a WebM or Matroska recording';
  if (at(0, 4) === 'RIFF' || at(0, 4) === 'RF64') return 'a RIFF recording of a rare kind';
  if (at(0, 4) === 'OggS') return 'an Ogg recording of a rare kind';
  if (at(0, 4) === 'FORM') return 'an AIFF recording';
  if (at(0, 4) === 'caff') return 'a Core Audio recording';
  if (at(0, 5) === '#!AMR') return 'an AMR recording';
  if (at(0, 4) === '0&\xb2u') return 'a Windows Media recording';
  return undefined;
}

async function openForReading(file: string, name: string): Promise<FileHandle> {
  const unreadable = (what: string, cause?: unknown): EarmarkError =>
    new EarmarkError('audio.unreadable', `${name} ${what}`, { cause });
  let handle: FileHandle;
  try {
    // Opening a named pipe would wait for a writer.
    const kind = kindOfFile(await stat(file));
    if (kind !== 'file')
      throw unreadable(
        kind === 'folder'
          ? 'is a folder; name the recordings in it.'
          : 'is not a file on disk; save the recording into a file first.',
      );
    handle = await open(file, 'r');
  } catch (error) {
    if (error instanceof EarmarkError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw unreadable('does not exist; check the path.', error);
    if (code === 'EACCES' || code === 'EPERM')
      throw unreadable('may not be read by you; change its permissions.', error);
    throw unreadable(
      `cannot be opened (${code ?? 'unknown error'}); check the path and the disk.`,
      error,
    );
  }
  return handle;
}

const kindOfFile = (found: Stats): 'file' | 'folder' | 'other' =>
  found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await handle.read(buffer, have, length - have, offset + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return buffer.subarray(0, have);
}

async function* encodedChunks(
  file: string,
  name: string,
  header: AudioHeader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const handle = await openForReading(file, name);
  try {
    if (header.preamble) yield header.preamble;
    for (let at = header.start ?? 0; ;) {
      signal?.throwIfAborted();
      const chunk = await readAt(handle, at, CHUNK_BYTES);
      if (chunk.length > 0) yield chunk;
      if (chunk.length < CHUNK_BYTES) return;
      at += chunk.length;
    }
  } finally {
    await handle.close();
  }
}
