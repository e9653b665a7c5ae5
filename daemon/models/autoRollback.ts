/** Returns to the previous version of a model whose newest version fails to load or to warm up. */
import type { ErrorCode } from '../../protocol/errors';
import { isEarmarkError } from '../../protocol/errors';
import type { Logger } from '../base/logger';
import type { Models } from './api';

/** Errors of the files, not of the machine. */
const FAULTY: ReadonlySet<ErrorCode> = new Set(['model.incompatible', 'model.corrupt']);

export class AutoRollback {
  private readonly running = new Map<string, Promise<boolean>>();
  /** Versions that failed, as `MODEL VERSION`; each rolls back once. */
  private readonly failed = new Set<string>();

  constructor(
    private readonly models: Pick<Models, 'get' | 'rollback'>,
    private readonly logger: Logger,
  ) {}

  /**
   * @param code error of the load
   * @returns true if another version is now current; callers of one model share the rollback
   */
  after(modelId: string, code: ErrorCode): Promise<boolean> {
    if (!FAULTY.has(code)) return Promise.resolve(false);
    const running =
      this.running.get(modelId) ?? this.roll(modelId).finally(() => this.running.delete(modelId));
    this.running.set(modelId, running);
    return running;
  }

  private async roll(modelId: string): Promise<boolean> {
    try {
      const { version, versions } = await this.models.get(modelId);
      const key = `${modelId} ${version}`;
      if (versions.length < 2 || this.failed.has(key)) return false;
      this.failed.add(key);
      const before = await this.models.rollback(modelId);
      this.logger.warn('model.rolledBack', { model: modelId, from: version, to: before.version });
      return true;
    } catch (error) {
      this.logger.warn('model.rollbackFailed', {
        model: modelId,
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
      return false;
    }
  }
}
