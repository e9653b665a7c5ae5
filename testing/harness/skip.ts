/**
 * Leaves a test, or a whole suite from its hook, out with a reason that the end of `npm test`
 * shows.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable = context.test as
    { type?: string; parent?: { skipReason?: string }; skipReason?: string } | undefined;
  const holder = runnable?.type === 'hook' ? runnable.parent : runnable;
  if (holder) holder.skipReason = reason;
  return context.skip();
}
