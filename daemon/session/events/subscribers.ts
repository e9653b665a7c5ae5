/** Subscribers by session. A resumed session keeps its subscribers with their positions. */
import type { Disposable } from '../../base/disposable';
import type { EventSink } from '../contract/api';
import type { Attached } from '../lifecycle/attachment';

type Attach = (afterSeq: number, sink: EventSink) => Attached;

interface Listener {
  readonly sink: EventSink;
  /** Number of the last durable event that was sent. */
  last: number;
  attachment: Disposable | undefined;
}

export class Subscribers {
  private readonly all = new Map<string, Set<Listener>>();

  add(sessionId: string, afterSeq: number, sink: EventSink, attach: Attach): Attached {
    const listener: Listener = {
      last: afterSeq,
      attachment: undefined,
      sink: (event) => {
        if ('seq' in event) listener.last = event.seq;
        sink(event);
      },
    };
    const here = this.all.get(sessionId) ?? new Set();
    this.all.set(sessionId, here.add(listener));
    const attachment = attach(afterSeq, listener.sink);
    listener.attachment = attachment;
    return {
      replayed: attachment.replayed,
      dispose: () => {
        here.delete(listener);
        if (here.size === 0 && this.all.get(sessionId) === here) this.all.delete(sessionId);
        listener.attachment?.dispose();
      },
    };
  }

  /**
   * Detaches all subscribers of a session. The returned function attaches them to its continuation.
   */
  move(sessionId: string): (attach: Attach) => void {
    const here = this.all.get(sessionId) ?? new Set();
    for (const listener of here) {
      listener.attachment?.dispose();
      listener.attachment = undefined;
    }
    return (attach) => {
      // Subscribers that left meanwhile are gone; new ones are already attached.
      for (const listener of here) listener.attachment ??= attach(listener.last, listener.sink);
    };
  }
}
