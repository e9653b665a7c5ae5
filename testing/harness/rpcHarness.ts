/** The handlers over a session manager on fakes; clients without a socket. */
import { LOCAL, type Identity } from '../../daemon/base/identity';
import { type LogFields, type Logger, silentLogger } from '../../daemon/base/logger';
import { Emitter } from '../../daemon/base/emitter';
import { LiveSettings } from '../../daemon/config/liveSettings';
import type { AlertChange } from '../../daemon/telemetry/alerts';
import type { Asked, PeerHandler } from '../../daemon/base/peer';
import type { DaemonControl, Observed, RpcDeps } from '../../daemon/rpc/deps';
import { analyseText } from '../../daemon/insights/analyseText';
import { OfferedModel } from '../../daemon/rpc/offeredModel';
import { RpcServer } from '../../daemon/rpc/server';
import { EarmarkError } from '../../protocol/errors';
import type { ParamsOf, RequestType, ResultOf } from '../../protocol/method';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { MemorySettingsFile } from '../fakes/memorySettingsFile';
import { FakeModels } from '../fakes/fakeModels';
import { scriptedEngines } from '../fakes/scripted/scriptedEngine';
import { Harness as SessionHarness } from './sessionHarness';

export class TestClient {
  readonly notes: { method: string; params: Record<string, unknown> }[] = [];
  queuedBytes = 0;
  closed = false;
  readonly handler: PeerHandler;

  constructor(server: RpcServer, id: number, identity: Identity = LOCAL) {
    const peer = {
      id,
      identity,
      notify: (method: string, params: object) =>
        void this.notes.push({ method, params: params as Record<string, unknown> }),
      close: () => void (this.closed = true),
    };
    Object.defineProperty(peer, 'queuedBytes', { get: () => this.queuedBytes });
    this.handler = server.accept(peer as typeof peer & { queuedBytes: number });
  }

  async ask<M extends RequestType>(type: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    return (await this.raw(type.method, params)) as ResultOf<M>;
  }

  raw(method: string, params: unknown, asked: Asked = new AbortController()): Promise<object> {
    return this.handler.request(method, params, asked);
  }

  /** The code of the error that a request ends with; `ok` when it does not. */
  async code(method: string, params: unknown): Promise<string> {
    return this.raw(method, params).then(
      () => 'ok',
      (error: unknown) => (error instanceof EarmarkError ? error.code : 'no EarmarkError'),
    );
  }

  /** Durable events of a session: `3 final`. */
  events(sessionId: string): string[] {
    return this.notes
      .filter((n) => n.method === 'session/event' && n.params['sessionId'] === sessionId)
      .map((n) => n.params['event'] as { seq?: number; kind: string })
      .flatMap((e) => (e.seq === undefined ? [] : [`${e.seq} ${e.kind}`]));
  }
}

const TOKEN = { id: 'a', user: 'ben', scopes: ['record'], createdMs: 1 } as const;

export class RpcHarness {
  readonly sessions = new SessionHarness();
  readonly models = new FakeModels();
  readonly offeredModel = new OfferedModel();
  readonly calls: string[] = [];
  readonly logged: { event: string; fields: LogFields | undefined }[] = [];
  readonly control: { -readonly [K in keyof DaemonControl]: DaemonControl[K] };
  readonly alerts = new Emitter<AlertChange>();
  readonly observed: Observed = {
    count: () => undefined,
    observe: () => undefined,
    onDidAlert: this.alerts.event,
    profile: () => Promise.resolve({ cpu: '{}', heap: '{}' }),
    within: (_request, work) => work(),
    condition: () => ({ ready: true, parts: [], alerts: [], metrics: {}, lastErrors: [] }),
  };
  readonly settings = new LiveSettings({
    file: new MemorySettingsFile(),
    env: {},
    logger: silentLogger,
  });
  readonly server: RpcServer;
  private count = 0;

  constructor(replace: Partial<RpcDeps> = {}) {
    this.control = {
      version: '1.2.3',
      pid: 42,
      draining: false,
      uptimeMs: () => 1000,
      rssBytes: () => 2000,
      problems: () => Promise.resolve(['Something to do.']),
      drain: (withinMs) => {
        this.calls.push(`drain ${withinMs}`);
        return 3;
      },
      shutdown: () => void this.calls.push('shutdown'),
    };
    const logger: Logger = {
      ...silentLogger,
      error: (event, fields) => void this.logged.push({ event, fields }),
      child: () => logger,
    };
    this.server = new RpcServer({
      sessions: this.sessions.manager,
      models: this.models,
      offeredModel: this.offeredModel,
      engines: scriptedEngines(this.sessions.engine),
      analysis: {
        analyse: (given, _owner, signal) => analyseText(this.sessions.analyzers, given, signal),
      },
      freeMemory: () => Promise.resolve(8e9),
      capture: this.sessions.capture,
      devices: {
        list: () =>
          Promise.resolve({
            microphones: [],
            systems: [],
            recorders: [
              { name: 'sox', available: false, sources: ['mic'], reason: 'Install sox.' },
            ],
            advice: ['Install sox.'],
          }),
      },
      control: this.control,
      vault: {
        locked: false,
        encrypted: false,
        unlock: () => Promise.resolve(false),
        rotate: () => undefined,
        usage: () => ({ folder: '/state', databaseBytes: 4_096, audioBytes: 640, logBytes: 10 }),
      },
      settings: this.settings,
      tokens: {
        create: async () => ({ token: TOKEN, secret: 'secret' }),
        list: async () => [TOKEN],
        revoke: async () => ({ ...TOKEN, revokedMs: 2 }),
      },
      observed: this.observed,
      clock: this.sessions.clock,
      logger,
      ...replace,
    });
  }

  otherClient(identity: Identity = LOCAL): TestClient {
    return new TestClient(this.server, ++this.count, identity);
  }

  async client(extra: { window?: boolean } = {}, identity: Identity = LOCAL): Promise<TestClient> {
    const client = this.otherClient(identity);
    await client.raw('daemon/hello', {
      protocol: PROTOCOL_VERSION,
      client: 'test',
      clientVersion: '0',
      ...extra,
    });
    return client;
  }

  dispose(): void {
    this.server.dispose();
    this.sessions.dispose();
  }
}

export const PUSHED = {
  kind: 'file',
  sources: [{ source: 'file', origin: { type: 'push' } }],
  partials: false,
  insights: false,
};

export function base64(pcm: Int16Array): string {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64');
}
