/** Ticks of a note on their way to the session. */
import { deepEqual } from 'node:assert/strict';
import { ManualClock } from '../../../../daemon/base/clock';
import type { ClientContext } from '../../../../daemon/rpc/clientContext';
import type { RpcDeps } from '../../../../daemon/rpc/deps';
import { noteHandlers } from '../../../../daemon/rpc/handlers/noteHandlers';
import { NoteLeases } from '../../../../daemon/rpc/noteLeases';
import { Registry } from '../../../../daemon/rpc/registry';

it('a plan passes on what is ticked, unless it is only looked at', async () => {
  const insight = {
    id: 'a1',
    kind: 'action',
    text: 'Fix the token refresh',
    status: 'open',
    confidence: 1,
    evidence: [{ segmentId: 's1', startMs: 0, endMs: 1000, quote: 'fix' }],
    symbols: [],
  };
  const document = {
    record: { id: '1', title: 'Standup', startedAt: '2026-11-21T14:05:00+01:00' },
    transcript: [],
    insights: [insight],
    lastSeq: 1,
  };
  const revised: unknown[] = [];
  const sessions = {
    get: () => Promise.resolve(document),
    reviseInsight: (...change: unknown[]) => void revised.push(change),
  };
  const registry = new Registry();
  noteHandlers(
    registry,
    { sessions } as unknown as RpcDeps,
    new NoteLeases(new ManualClock(), () => undefined),
  );
  const client = {} as ClientContext;
  const ask = (method: string, params: object) =>
    registry.dispatch(method, { sessionId: '1', ...params }, client, {} as never);
  await ask('notes/lease', {});
  const { edits } = (await ask('notes/plan', { text: '' })) as { edits: { newText: string }[] };
  const text = edits
    .map(({ newText }) => newText)
    .join('')
    .replace('- [ ] ', '- [x] ');
  await ask('notes/plan', { text, look: true });
  deepEqual(revised, []);
  await ask('notes/plan', { text });
  deepEqual(revised, [['1', 'a1', { status: 'done' }]]);
});
