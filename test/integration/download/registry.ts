/**
 * A small npm registry on a local port: one package, and every way in which a registry or what
 * stands before it can fail.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Header, Pax } from 'tar';
import type { CatalogueEntry } from '../../../daemon/models/catalogueEntry';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Registry {
  readonly url: string;
  /** Requests for the tarball so far. */
  readonly tarballRequests: () => number;
  packument: Answer;
  tarball: Answer;
  readonly packed: Buffer;
  close(): Promise<void>;
}

export const NAME = '@earmark-test/ear';
export const HTML = '<!DOCTYPE html><html><body>Please log in</body></html>';

/**
 * Files as a package's tarball. A real parser reads it, so only what npm writes is needed: one
 * header a file.
 */
export function pack(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, content] of Object.entries({
    'package.json': Buffer.from(`{"name":"${NAME}","version":"1.0.0"}`),
    ...files,
  })) {
    const path = `package/${name}`;
    const fields = {
      path,
      size: content.length,
      mode: 0o644,
      type: 'File' as const,
      mtime: new Date(0),
    };
    const header = new Header(fields);
    const block = Buffer.alloc(512);
    if (header.encode(block, 0)) parts.push(new Pax(fields).encode());
    parts.push(block, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}

/** A model whose two files have the given contents, and which travels as `packed`. */
export function modelOf(files: Readonly<Record<string, Buffer>>, packed: Buffer): CatalogueEntry {
  return {
    id: 'ear',
    name: 'Ear',
    kind: 'asr',
    provider: 'p',
    languages: ['en'],
    licence: 'MIT',
    isDefault: true,
    version: '1.0.0',
    source: { type: 'npm', package: NAME, version: '1.0.0', packedBytes: packed.length },
    files: Object.entries(files).map(([path, content]) => ({
      role: path.replace(/\W/g, '_'),
      name: path.replace(/^.*\//, ''),
      path,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
  };
}

/**
 * Serves `packed` as version 1.0.0, with the integrity of `published` (itself, where nothing was
 * altered on the way).
 */
export async function startRegistry(packed: Buffer, published = packed): Promise<Registry> {
  let tarballs = 0;
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    if (request.url?.endsWith('.tgz')) {
      tarballs++;
      registry.tarball(request, response);
    } else registry.packument(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const registry: Registry = {
    url,
    packed,
    tarballRequests: () => tarballs,
    packument: (_, response) => {
      const integrity = `sha512-${createHash('sha512').update(published).digest('base64')}`;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          name: NAME,
          'dist-tags': { latest: '1.0.0' },
          versions: {
            '1.0.0': {
              name: NAME,
              version: '1.0.0',
              dist: { tarball: `${url}ear-1.0.0.tgz`, integrity },
            },
          },
        }),
      );
    },
    tarball: (_, response) => {
      response.setHeader('content-length', packed.length);
      response.end(packed);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return registry;
}
