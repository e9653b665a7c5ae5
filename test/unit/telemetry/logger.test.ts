/**
 * The log: its fields, sessions as marks, secrets, what was spoken, requests, and a level that
 * changes while it runs.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileLogger, type FileLogger } from '../../../daemon/adapters/telemetry/logger';

describe('log', () => {
  let folder: string;
  let logger: FileLogger;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earmark-log-'));
    logger = createFileLogger(folder, 'info');
  });
  afterEach(() => {
    logger.dispose();
    rmSync(folder, { recursive: true });
  });
  const lines = () =>
    readFileSync(join(folder, 'daemon.log'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('has time, level, component, event, duration and a mark for the session', () => {
    logger
      .child('session')
      .info('session.state', { session: 'secretid', durationMs: 12, to: 'DONE' });
    const [{ time, pid, session, ...rest } = {}] = lines();
    deepEqual(
      [rest, typeof time, pid, typeof session === 'string' && /^[0-9a-f]{10}$/.test(session)],
      [
        { level: 30, component: 'session', event: 'session.state', durationMs: 12, to: 'DONE' },
        'string',
        process.pid,
        true,
      ],
    );
  });

  it('promise: the log has no secret', () => {
    logger.warn('a', { error: 'cannot reach https://ben:s3cret@host' });
    equal(lines()[0]?.['error'], 'cannot reach https://ben:[token]@host');
  });

  it('changes its level while it runs, for children too', () => {
    const child = logger.child('c');
    child.debug('unheard');
    logger.level = 'debug';
    child.debug('heard');
    logger.level = 'error';
    child.warn('unheard too');
    deepEqual(
      lines().map(({ event }) => event),
      ['heard'],
    );
  });

  it('marks what happens within a request, and nothing that goes on behind it', async () => {
    let later: Promise<void> | undefined;
    const work = (id: string) =>
      logger.within(id, async () => {
        logger.child('x').info('begun');
        await Promise.resolve();
        later = new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() =>
          logger.info('behind'),
        );
        logger.info('done');
      });
    await Promise.all([work('1-1'), work('1-2')]);
    await later;
    await new Promise((resolve) => setTimeout(resolve, 10));
    await work('1-3');
    deepEqual(
      lines().map(({ event, request }) => `${String(event)} ${String(request)}`),
      [
        'begun 1-1',
        'begun 1-2',
        'done 1-1',
        'done 1-2',
        'behind undefined',
        'behind undefined',
        'begun 1-3',
        'done 1-3',
      ],
    );
  });

  it('remembers the last warnings and errors without their facts', () => {
    for (let i = 0; i < 30; i++)
      logger.child('c').warn(`w${i}`, { error: 'engine.crashed', text: 'x' });
    const { lastErrors } = logger;
    deepEqual(
      [lastErrors.length, lastErrors.at(-1)?.event, Object.keys(lastErrors[0]!)],
      [20, 'w29', ['at', 'level', 'component', 'event', 'error']],
    );
  });
});
