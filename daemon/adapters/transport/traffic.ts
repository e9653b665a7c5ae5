/** Bytes over all sockets since the start, including closed ones. */
import type { Socket } from 'node:net';

export class Traffic {
  private readonly open = new Set<Socket>();
  private readonly closed = { read: 0, written: 0 };

  add(socket: Socket): void {
    this.open.add(socket);
    socket.once('close', () => {
      this.open.delete(socket);
      this.closed.read += socket.bytesRead;
      this.closed.written += socket.bytesWritten;
    });
  }

  total(): { readonly read: number; readonly written: number } {
    let { read, written } = this.closed;
    for (const socket of this.open) {
      read += socket.bytesRead;
      written += socket.bytesWritten;
    }
    return { read, written };
  }
}
