// VS Code for the Web: the workbench of code-server's build without a server behind it. Extensions
// run in its own extension host, a web worker of the page; files come over HTTP and nothing else is
// answered.
import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { quietSettings } from './host';

export interface WebHost {
  readonly url: string;
  dispose(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
};
/**
 * What code-server changed for its server is taken back: VS Code for the Web has no remote side,
 * and its user data lies in the browser.
 */
const TAKEN_BACK: readonly (readonly [RegExp, string])[] = [
  [/remoteAuthority:location\.host\}/, 'remoteAuthority:undefined}'],
  [/(userDataPath\)\.with\(\{scheme:\w+)\.vscodeRemote\}/, '$1.vscodeUserData}'],
];

/** @param extension folder of an installed extension with a `browser` entry */
export async function startWebHost(extension: string): Promise<WebHost> {
  const { ensureCodeServer } = await import('../../../scripts/testHost/install.mjs');
  const vscode = join((await ensureCodeServer()).dir, 'node_modules/code-server/lib/vscode');
  const built = await readFile(join(vscode, 'out/vs/code/browser/workbench/workbench.js'), 'utf8');
  const program = TAKEN_BACK.reduce((text, [theirs, ours]) => {
    if (!theirs.test(text))
      throw new Error(
        `This code-server has no ${String(theirs)} in its workbench.js: look how it names its remote side.`,
      );
    return text.replace(theirs, ours);
  }, built);
  const html = await readFile(join(vscode, 'out/vs/code/browser/workbench/workbench.html'), 'utf8');
  let host = '';
  const page = (): string => {
    const [hostname, port] = host.split(':');
    const settings = {
      // What code-server asks for.
      userDataPath: '/',
      isEnabledFileDownloads: false,
      isEnabledFileUploads: false,
      isEnabledCoderGettingStarted: false,
      additionalBuiltinExtensions: [
        { scheme: 'http', authority: `${hostname}:${port}`, path: '/extension' },
      ],
      webviewEndpoint: `http://${host}/vscode/out/vs/workbench/contrib/webview/browser/pre`,
      configurationDefaults: quietSettings,
      enableWorkspaceTrust: false,
      productConfiguration: { enableTelemetry: false },
    };
    const values: Readonly<Record<string, string>> = {
      WORKBENCH_WEB_CONFIGURATION: JSON.stringify(settings).replaceAll('"', '&quot;'),
      WORKBENCH_WEB_BASE_URL: '/vscode',
      WORKBENCH_NLS_FALLBACK_URL: '/vscode/out/nls.messages.js',
      WORKBENCH_NLS_URL: '/vscode/out/nls.messages.js',
    };
    return html.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
  };
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname));
    const send = (type: string, text: string): void =>
      void response.writeHead(200, { 'content-type': type }).end(text);
    if (path === '/') return send('text/html', page());
    if (path.endsWith('/workbench/workbench.js')) return send('text/javascript', program);
    const file = path.startsWith('/vscode/')
      ? join(vscode, path.slice('/vscode'.length))
      : path.startsWith('/extension/')
        ? join(extension, path.slice('/extension'.length))
        : undefined;
    if (file === undefined || !(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false))
      return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  host = `127.0.0.1:${await listen(server)}`;
  return {
    url: `http://${host}/`,
    dispose: () =>
      new Promise((done) => (server.close(() => done()), server.closeAllConnections())),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
  );
}
