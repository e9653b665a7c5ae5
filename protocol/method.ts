/** Declaration of a message: its schema, direction, errors and documentation, in one place. */
import { z } from 'zod';
import type { ErrorCode } from './errors';
import { isPlainLine, isPlainText } from './plainText';

export type Direction = 'clientToDaemon' | 'daemonToClient';

export interface RequestType<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly type: 'request';
  readonly method: string;
  readonly direction: Direction;
  readonly params: P;
  readonly result: R;
  /** Errors of this method in addition to the common errors (`rpc.*`, `internal`). */
  readonly errors: readonly ErrorCode[];
  readonly doc: string;
  readonly since: string;
}

export interface NotificationType<P extends z.ZodType = z.ZodType> {
  readonly type: 'notification';
  readonly method: string;
  readonly direction: Direction;
  readonly params: P;
  readonly doc: string;
  readonly since: string;
}

export type ParamsOf<M extends { params: z.ZodType }> = z.infer<M['params']>;
export type ResultOf<M extends { result: z.ZodType }> = z.infer<M['result']>;

interface Declaration {
  method: string;
  direction?: Direction;
  doc: string;
  since?: string;
}

export function request<P extends z.ZodType, R extends z.ZodType>(
  d: Declaration & { params: P; result: R; errors?: readonly ErrorCode[] },
): RequestType<P, R> {
  return {
    type: 'request',
    method: d.method,
    direction: d.direction ?? 'clientToDaemon',
    params: d.params,
    result: d.result,
    errors: d.errors ?? [],
    doc: d.doc,
    since: d.since ?? '1.0',
  };
}

export function notification<P extends z.ZodType>(
  d: Declaration & { params: P },
): NotificationType<P> {
  return {
    type: 'notification',
    method: d.method,
    direction: d.direction ?? 'daemonToClient',
    params: d.params,
    doc: d.doc,
    since: d.since ?? '1.0',
  };
}

/** An answer without content. */
export const Empty = z.object({});

/** Titles and names: one line without control characters. */
export const PlainLine = z
  .string()
  .refine(isPlainLine, 'it contains control characters or line breaks; remove them');

/** Words of a person: lines without other control characters. */
export const PlainText = z
  .string()
  .refine(isPlainText, 'it contains control characters; remove them');
