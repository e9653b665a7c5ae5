/**
 * A small model hub on a local port, and every way in which one or what stands before it can fail.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CatalogueEntry } from '../../../daemon/models/catalogueEntry';

type Answer = (request: IncomingMessage, response: ServerResponse, content: Buffer) => void;

export interface Hub {
  readonly url: string;
  /** Every request so far: path, and the range where one was asked for. */
  readonly requests: string[];
  answer: Answer;
  close(): Promise<void>;
}

/** The whole file, or the part of it that is asked for. */
export const serveFile: Answer = (request, response, content) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.statusCode = from > 0 ? 206 : 200;
  if (from > 0)
    response.setHeader('content-range', `bytes ${from}-${content.length - 1}/${content.length}`);
  response.setHeader('content-length', content.length - from);
  response.end(content.subarray(from));
};

/** @param files path after `resolve/<revision>/` → content */
export async function startHub(files: Readonly<Record<string, Buffer>>): Promise<Hub> {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    hub.requests.push(
      `${request.url}${request.headers.range === undefined ? '' : ` ${request.headers.range}`}`,
    );
    const content = files[decodeURIComponent(request.url?.replace(/^.*\/resolve\//, '') ?? '')];
    if (content) return hub.answer(request, response, content);
    response.statusCode = 404;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: Hub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer: serveFile,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hub;
}

/** A model of the hub whose files have these contents. */
export function hubModel(version: string, files: Readonly<Record<string, Buffer>>): CatalogueEntry {
  return {
    id: 'ear',
    name: 'Ear',
    kind: 'asr',
    provider: 'p',
    languages: ['en'],
    licence: 'MIT',
    isDefault: true,
    version,
    source: { type: 'hub', repository: 'earmark-test/ear', revision: version },
    files: Object.entries(files).map(([name, content]) => ({
      role: name.replace(/\W/g, '_'),
      name,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
  };
}
