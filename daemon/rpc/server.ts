/**
 * Serves every connection: first the greeting, then methods. Sends events, acknowledgements and
 * progress to the clients concerned.
 */
import { AudioAck, AudioPush } from '../../protocol/audio';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import {
  DaemonAlert,
  DaemonDrain,
  DaemonGoodbye,
  type DaemonHealthResult,
  DaemonHello,
  DaemonShutdown,
} from '../../protocol/health';
import { ModelsProgress } from '../../protocol/models';
import { NotesLeaseFree } from '../../protocol/notes';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { AcceptPeer } from '../base/peer';
import { placeOf } from '../base/placeOf';
import { audioHandlers, takeAudio } from './handlers/audioHandlers';
import { captureHandlers } from './handlers/captureHandlers';
import { uploadHandlers } from './handlers/uploadHandlers';
import { ClientContext, type ClientState } from './clientContext';
import { daemonHandlers, healthOf } from './handlers/daemonHandlers';
import type { RpcDeps } from './deps';
import { dictationHandlers, endDictations } from './handlers/dictationHandlers';
import { insightHandlers } from './handlers/insightHandlers';
import { microphoneHandlers } from './handlers/microphoneHandlers';
import { modelHandlers } from './handlers/modelHandlers';
import { noteHandlers } from './handlers/noteHandlers';
import { NoteLeases } from './noteLeases';
import { importHandlers } from './handlers/importHandlers';
import { languageModelHandlers } from './offeredModel';
import { privacyHandlers } from './handlers/privacyHandlers';
import { Registry } from './registry';
import { requireOwn, requireScope } from './scopes';
import { sessionHandlers } from './handlers/sessionHandlers';
import { settingsHandlers } from './handlers/settingsHandlers';
import { tokenHandlers } from './handlers/tokenHandlers';
import { voiceHandlers } from './handlers/voiceHandlers';

/** Maximum number of unanswered requests of a connection. */
const PENDING_MAX = 256;
/** Methods allowed before the greeting, and for a client newer than this daemon. */
const NEWER_MAY = new Set([DaemonDrain.method, DaemonShutdown.method]);

export class RpcServer implements Disposable {
  private readonly clients = new Set<ClientContext>();
  private readonly registry = new Registry();
  private readonly disposables = new DisposableStore();
  private readonly leases: NoteLeases;
  private readonly countEmitter = this.disposables.add(new Emitter<number>());
  /** Fires with the number of greeted clients. */
  readonly onDidChangeClients = this.countEmitter.event;

  constructor(private readonly deps: RpcDeps) {
    const { registry } = this;
    this.leases = new NoteLeases(deps.clock, (sessionId, former) => {
      for (const client of this.clients) {
        if (client === former) continue;
        requireOwn(client.peer.identity, { sessionId }, deps.sessions).then(
          () => client.notify(NotesLeaseFree, { sessionId }),
          () => undefined,
        ); // Only the owner of a session receives its messages.
      }
    });
    daemonHandlers(registry, deps, () => this.clientCount);
    sessionHandlers(registry, deps);
    privacyHandlers(registry, deps);
    audioHandlers(registry, deps);
    insightHandlers(registry, deps);
    importHandlers(registry, deps);
    modelHandlers(registry, deps);
    languageModelHandlers(registry, deps.offeredModel);
    noteHandlers(registry, deps, this.leases);
    dictationHandlers(registry, deps);
    tokenHandlers(registry, deps);
    voiceHandlers(registry, deps);
    settingsHandlers(registry, deps);
    captureHandlers(registry, deps);
    microphoneHandlers(registry, deps);
    uploadHandlers(registry, deps);
    this.disposables.add(
      deps.sessions.onDidAck((ack) => {
        for (const client of this.clients)
          if (client.pushing.has(ack.sessionId)) client.notify(AudioAck, { ...ack });
      }),
    );
    this.disposables.add(
      deps.sessions.onDidMove((sessionId) => {
        for (const client of this.clients)
          if (client.follows(sessionId))
            client.peer.close(
              new EarmarkError(
                'rpc.draining',
                'Another server of the team has taken over one of your sessions; connect again.',
              ),
            );
      }),
    );
    this.disposables.add(
      deps.observed.onDidAlert((change) => {
        for (const client of this.clients)
          if (client.state.kind === 'greeted') client.notify(DaemonAlert, { ...change });
      }),
    );
    this.disposables.add(
      deps.models.onDidProgress((progress) => {
        for (const client of this.clients) client.notify(ModelsProgress, { ...progress });
      }),
    );
  }

  get clientCount(): number {
    return [...this.clients].filter((c) => c.state.kind === 'greeted').length;
  }

  /** All methods with a handler; the contract test compares them with the protocol. */
  get methods(): readonly string[] {
    return this.registry.methods;
  }

  readonly accept: AcceptPeer = (peer) => {
    const client = new ClientContext(peer, (of, from, to) => this.changed(of, from, to));
    this.clients.add(client);
    let pending = 0;
    let count = 0;
    return {
      request: (method, params, asked) =>
        this.observe(`${peer.id}-${++count}`, method, async () => {
          if (pending >= PENDING_MAX)
            throw new EarmarkError(
              'rpc.tooMany',
              'This client has too many open requests; wait for some answers.',
              { retryAfterMs: 100 },
            );
          pending++;
          try {
            this.admit(client, method);
            requireScope(peer.identity, method);
            await requireOwn(peer.identity, params, this.deps.sessions);
            return await this.registry.dispatch(method, params, client, asked);
          } catch (error) {
            throw this.known(error, method);
          } finally {
            pending--;
          }
        }),
      audio: async (message) => {
        try {
          return await takeAudio(this.deps, client, message);
        } catch (error) {
          throw this.known(error, 'audio');
        }
      },
      closed: () => {
        this.clients.delete(client);
        client.dispose();
      },
    };
  };

  /** Result of `daemon/health`, for other readers on this machine. */
  health(): Promise<DaemonHealthResult> {
    return healthOf(this.deps, this.clientCount);
  }

  /** Notifies every client that the daemon is about to end. */
  goodbye(reason: 'idle' | 'drain' | 'shutdown'): void {
    for (const client of this.clients) client.notify(DaemonGoodbye, { reason });
  }

  dispose(): void {
    for (const client of [...this.clients]) client.dispose();
    this.clients.clear();
    this.disposables.dispose();
  }

  /**
   * Measures a request, counts its errors, and adds its number to its log lines. Audio has no
   * number, because it arrives in hundreds of messages a second.
   */
  private async observe(id: string, method: string, work: () => Promise<object>): Promise<object> {
    const { observed, clock, logger } = this.deps;
    const begunMs = clock.now();
    const timed = async (): Promise<object> => {
      let code: string | undefined;
      try {
        return await work();
      } catch (error) {
        code = isEarmarkError(error) ? error.code : 'internal';
        observed.count('errors', 1, code);
        throw error;
      } finally {
        const durationMs = clock.now() - begunMs;
        // All unknown methods share a name, so that a client cannot create unlimited metrics.
        const known = this.registry.has(method) ? method : 'unknown';
        observed.observe('request', durationMs, known);
        logger.debug('rpc.request', {
          method: known,
          durationMs: Math.round(durationMs * 10) / 10,
          ...(code === undefined ? {} : { error: code }),
        });
      }
    };
    return method === AudioPush.method ? timed() : observed.within(id, timed);
  }

  private admit(client: ClientContext, method: string): void {
    const { state } = client;
    if (state.kind === 'greeted' || method === DaemonHello.method) return;
    if (state.kind === 'newer' && NEWER_MAY.has(method)) return;
    if (state.kind === 'newer')
      throw new EarmarkError(
        'rpc.versionMismatch',
        'This Earmark daemon is older than the client; ask it to drain and start a newer one.',
      );
    throw new EarmarkError('rpc.invalidRequest', 'Send daemon/hello first.');
  }

  /**
   * Converts an error outside the catalogue, which is a fault of the daemon. Its text may contain
   * private data, so only its type and stack are logged.
   */
  private known(error: unknown, method: string): EarmarkError {
    if (isEarmarkError(error)) return error;
    this.deps.logger.error('rpc.unexpected', { method, error: placeOf(error) });
    return new EarmarkError(
      'internal',
      'The Earmark daemon failed. See "earmark daemon logs", and try again.',
    );
  }

  private changed(client: ClientContext, from: ClientState, to: ClientState): void {
    if (to.kind === 'gone') {
      this.leases.releaseAll(client);
      endDictations(this.deps, client);
    }
    if ('greeting' in to)
      this.deps.logger.info('client.greeted', {
        client: client.peer.id,
        name: to.greeting.name,
        version: to.greeting.version,
      });
    if (from.kind !== 'greeted' && to.kind !== 'greeted') return;
    const windows = [...this.clients].filter(
      (c) =>
        c.peer.identity.kind === 'local' && c.state.kind === 'greeted' && c.state.greeting.window,
    ).length;
    this.deps.sessions.setWindowCount(windows);
    this.countEmitter.fire(this.clientCount);
  }
}
