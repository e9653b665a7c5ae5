/**
 * Downloads one file of a model repository over HTTP into a partial file. A later try or process
 * continues it. The checksum covers the whole, so different servers may supply the parts.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ModelFile, ModelSource } from '../../models/catalogueEntry';
import { CutOff, HttpFailure, isCutOff, WebPage, WrongChecksum } from './failures';
import type { NpmOptions } from './npmOptions';

type HubSource = Extract<ModelSource, { type: 'hub' }>;

export interface HubSettings {
  /** Address of the hub or of a mirror, without a trailing slash. */
  readonly address: string;
  /** npm's configuration: proxy, certificates, time limits and retries. */
  readonly npm: NpmOptions;
}

/** Broken connections in a row without a new byte, after which the download fails. */
const FRUITLESS_TRIES = 3;

function hubUrl(address: string, source: HubSource, file: ModelFile): string {
  const path = (file.path ?? file.name).split('/').map(encodeURIComponent).join('/');
  return `${address}/${source.repository}/resolve/${encodeURIComponent(source.revision)}/${path}`;
}

/**
 * Downloads `file` to `to`, complete, verified and on disk when this resolves. Continues an
 * existing partial file. A wrong checksum deletes it; a broken connection leaves it for the next
 * try.
 */
export async function fetchHubFile(
  source: HubSource,
  file: ModelFile,
  to: string,
  settings: HubSettings,
  onBytes: (received: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const resumed = (await sizeOf(to)) > 0;
  try {
    await fetchWhole(source, file, to, settings, onBytes, signal);
  } catch (error) {
    // The partial file may belong to another file at the same address: start again once.
    if (!resumed || !(error instanceof WrongChecksum)) throw error;
    await fetchWhole(source, file, to, settings, onBytes, signal);
  }
}

async function fetchWhole(
  source: HubSource,
  file: ModelFile,
  to: string,
  settings: HubSettings,
  onBytes: (received: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let fruitless = 0; ;) {
    const before = await sizeOf(to);
    try {
      if (before !== file.bytes)
        await fetchRest(source, file, to, before, settings, onBytes, signal);
      await checkWhole(file, to, signal);
      return;
    } catch (error) {
      if (signal.aborted || !isCutOff(error)) throw error;
      fruitless = (await sizeOf(to)) > before ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS_TRIES) throw error;
    }
  }
}

/** Requests all bytes after the first `have`; a server without ranges sends the whole file. */
async function fetchRest(
  source: HubSource,
  file: ModelFile,
  to: string,
  have: number,
  { address, npm }: HubSettings,
  onBytes: (received: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { default: fetch } = await import('make-fetch-happen');
  const request = new AbortController();
  const response = await fetch(hubUrl(address, source, file), {
    ...npm,
    signal: AbortSignal.any([signal, request.signal]),
    // No compression on the way: a range counts the bytes of the file itself.
    headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
  } as never);
  try {
    if (response.status === 416) {
      await rm(to, { force: true });
      throw new CutOff();
    }
    if (!response.ok) throw new HttpFailure(response.status);
    if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) throw new WebPage();
    const from =
      response.status === 206
        ? Number(
            /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN,
          )
        : 0;
    if (from !== 0 && from !== have) throw new CutOff();
    await append(
      response.body as AsyncIterable<Uint8Array>,
      to,
      from,
      file,
      Number(npm['timeout'] ?? 60_000),
      onBytes,
      () => request.abort(),
    );
  } finally {
    // Closes the connection when the rest is not needed.
    request.abort();
  }
}

/** @throws CutOff if nothing arrived for `idleMs` or too few bytes arrived */
async function append(
  body: AsyncIterable<Uint8Array>,
  to: string,
  from: number,
  file: ModelFile,
  idleMs: number,
  onBytes: (received: number) => void,
  hangUp: () => void,
): Promise<void> {
  const handle = await open(to, from === 0 ? 'w' : 'r+', 0o600);
  let silent = false;
  const giveUp = (): void => {
    silent = true;
    hangUp();
  };
  let idle = setTimeout(giveUp, idleMs);
  let at = from;
  try {
    for await (const chunk of body) {
      clearTimeout(idle);
      idle = setTimeout(giveUp, idleMs);
      if (at + chunk.length > file.bytes) throw new WrongChecksum(file.name);
      // A disk that becomes full takes a part first and fails at the next call.
      for (let sent = 0; sent < chunk.length;) {
        const { bytesWritten } = await handle.write(chunk, sent, chunk.length - sent, at);
        sent += bytesWritten;
        at += bytesWritten;
      }
      onBytes(at);
    }
    await handle.sync();
  } catch (error) {
    if (error instanceof WrongChecksum) {
      await handle.close();
      await rm(to, { force: true });
      throw error;
    }
    if (silent) throw new CutOff();
    throw error;
  } finally {
    clearTimeout(idle);
    await handle.close().catch(() => undefined);
  }
  if (at < file.bytes) throw new CutOff();
}

async function checkWhole(file: ModelFile, to: string, signal: AbortSignal): Promise<void> {
  const hash: Hash = createHash('sha256');
  await pipeline(createReadStream(to, { highWaterMark: 1 << 20 }), hash, { signal });
  if (hash.digest('hex') === file.sha256) return;
  await rm(to, { force: true });
  throw new WrongChecksum(file.name);
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : 0;
}
