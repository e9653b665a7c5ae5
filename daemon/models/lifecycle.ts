/**
 * State of a loaded model: UNINITIALIZED → LOADING → WARMING_UP → READY → UNLOADING. ERROR is
 * possible from every state, and LOADING follows ERROR. A single setter refuses invalid changes and
 * reports valid ones.
 */
import type { ErrorCode } from '../../protocol/errors';
import type { Clock } from '../base/clock';
import { Emitter } from '../base/emitter';

export type LifecycleState =
  | { readonly kind: 'UNINITIALIZED' }
  | { readonly kind: 'LOADING'; readonly sinceMs: number }
  /** Decodes a second of silence and then a real phrase; a model with wrong output is rejected. */
  | { readonly kind: 'WARMING_UP'; readonly sinceMs: number }
  /** `loadMs`: time from LOADING to READY; `warmUpMs`: the part of it for the warm-up. */
  | { readonly kind: 'READY'; readonly loadMs: number; readonly warmUpMs?: number }
  | { readonly kind: 'UNLOADING' }
  | {
      readonly kind: 'ERROR';
      readonly code: ErrorCode;
      readonly message: string;
      readonly sinceMs: number;
    };

export type LifecycleName = LifecycleState['kind'];

/** An error of a model or its engine, recorded for `doctor`. */
export interface LifecycleError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly wallMs: number;
}

export interface LifecycleChange {
  readonly from: LifecycleState;
  readonly to: LifecycleState;
  /** Time in the state `from`, milliseconds. */
  readonly ms: number;
}

const ERRORS_KEPT = 10;

const NEXT: Readonly<Record<LifecycleName, readonly LifecycleName[]>> = {
  UNINITIALIZED: ['LOADING', 'ERROR'],
  LOADING: ['WARMING_UP', 'ERROR', 'UNLOADING'],
  WARMING_UP: ['READY', 'ERROR', 'UNLOADING'],
  READY: ['UNLOADING', 'ERROR'],
  UNLOADING: ['UNINITIALIZED', 'ERROR'],
  ERROR: ['LOADING', 'UNLOADING'],
};

export class ModelLifecycle {
  private state: LifecycleState = { kind: 'UNINITIALIZED' };
  private sinceMs: number;
  private readonly kept: LifecycleError[] = [];
  private readonly changed = new Emitter<LifecycleChange>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly clock: Clock) {
    this.sinceMs = clock.now();
  }

  get current(): LifecycleState {
    return this.state;
  }

  /** The last ten errors, oldest first. */
  get errors(): readonly LifecycleError[] {
    return this.kept;
  }

  /**
   * The only place that changes the state. An invalid change is a programming error and has no
   * effect.
   * @returns true if the state changed
   */
  to(next: LifecycleState): boolean {
    const from = this.state;
    if (!NEXT[from.kind].includes(next.kind)) return false;
    const now = this.clock.now();
    const ms = now - this.sinceMs;
    this.sinceMs = now;
    this.state = next;
    if (next.kind === 'ERROR') this.note(next.code, next.message);
    this.changed.fire({ from, to: next, ms });
    return true;
  }

  /** Records an error that did not stop the engine, such as a worker restart. */
  note(code: ErrorCode, message: string): void {
    this.kept.push({ code, message, wallMs: this.clock.wall() });
    if (this.kept.length > ERRORS_KEPT) this.kept.shift();
  }

  dispose(): void {
    this.changed.dispose();
  }
}
