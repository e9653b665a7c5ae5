/**
 * Admits new sessions within the limits of the process and of the user, and rejects invalid
 * requests.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Lease } from '../../base/lease';
import type { StartRequest } from '../contract/api';
import type { SessionManagerDeps } from '../contract/deps';
import type { SessionOptions } from '../contract/options';

export const TOO_MANY_RETRY_MS = 500;

export interface AdmissionSetup {
  readonly options: Pick<SessionOptions, 'maxSessions' | 'maxSessionsPerUser'>;
  readonly place: SessionManagerDeps['place'];
  /** Owners of running sessions. */
  readonly running: () => readonly (string | undefined)[];
}

export class Admission {
  /** Owners of admitted sessions that are not running yet. */
  private readonly admitted: (string | undefined)[] = [];
  draining = false;

  constructor(private readonly setup: AdmissionSetup) {}

  /** @throws EarmarkError rpc.draining, session.tooMany, audio.* */
  check(request: StartRequest): void {
    const { options, running } = this.setup;
    const owners = [...running(), ...this.admitted];
    if (this.draining)
      throw new EarmarkError('rpc.draining', 'Earmark is shutting down; try again in a moment.', {
        retryAfterMs: 1000,
      });
    if (owners.length >= options.maxSessions)
      throw new EarmarkError(
        'session.tooMany',
        `${options.maxSessions} sessions are already running; stop one first.`,
        { retryAfterMs: TOO_MANY_RETRY_MS },
      );
    const own = owners.filter((owner) => owner === request.owner).length;
    if (request.owner !== undefined && own >= options.maxSessionsPerUser) throw tooManyOfYours(own);
    if (new Set(request.sources.map(({ source }) => source)).size !== request.sources.length)
      throw new EarmarkError(
        'audio.unknownSource',
        'A source is named twice; remove the second one.',
      );
    if (
      request.sources.some(({ source, origin }) => source === 'file' && origin.type === 'capture')
    )
      throw new EarmarkError(
        'audio.noRecorder',
        'Earmark cannot record the source "file"; choose the microphone or the system ' + 'audio.',
      );
  }

  /**
   * Reserves a session within a user's limit across servers. If the shared count is unavailable,
   * each server counts its own.
   * @throws EarmarkError session.tooMany
   */
  async place(owner: string | undefined): Promise<Lease | undefined> {
    if (this.setup.place === undefined || owner === undefined) return undefined;
    const { maxSessionsPerUser } = this.setup.options;
    let place: Lease | undefined;
    try {
      place = await this.setup.place(owner, maxSessionsPerUser);
    } catch (error) {
      if (isEarmarkError(error, 'rpc.timeout')) return undefined;
      throw error;
    }
    if (!place) throw tooManyOfYours(maxSessionsPerUser);
    return place;
  }

  /** Counts a session towards the limits while `work` creates it. */
  async during<T>(owner: string | undefined, work: () => Promise<T>): Promise<T> {
    this.admitted.push(owner);
    try {
      return await work();
    } finally {
      this.admitted.splice(this.admitted.indexOf(owner), 1);
    }
  }
}

function tooManyOfYours(own: number): EarmarkError {
  return new EarmarkError(
    'session.tooMany',
    `You already have ${own} running sessions; stop one first.`,
    { retryAfterMs: TOO_MANY_RETRY_MS },
  );
}
