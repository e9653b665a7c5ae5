/**
 * Replaces the processes of a team one by one while people talk, as an upgrade does: gateways and
 * workers, where it is asked for of an older commit, are told to end and others start in their
 * folders, NATS nodes hand on what they lead before they end, PostgreSQL is started again. Every
 * transcript has to be, byte for byte, that of a session which nothing disturbed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { silentLogger } from '../../daemon/base/logger';
import { Deferred } from '../../daemon/base/wait';
import { FIRST_WORD, record } from '../processes/teamClient';
import { logged, TeamDeployment } from '../processes/teamPlace';
import { olderTeamBundle, teamBundle } from '../processes/teamBundle';
import { type Kind, replicated } from './teamRounds';

export interface UpgradeOptions {
  readonly people: number;
  readonly words: number;
  /** Between the beginnings of two words of 0.9 s. */
  readonly paceMs: number;
  readonly nodes: number;
  readonly gateways: number;
  readonly workers: number;
  readonly replaced: readonly Replaced[];
  /**
   * The commit that gateways and workers are of before they are replaced; this tree where absent.
   */
  readonly from?: string | undefined;
  readonly onStep?: (step: Step) => void;
}

export interface Replaced {
  readonly kind: Kind;
  /** How many of its kind, one after the other. */
  readonly count: number;
}

export interface Step {
  readonly kind: Kind;
  readonly index: number;
  /** Until the team was whole again. */
  readonly ms: number;
  /** Of the client that had most. */
  readonly reconnects: number;
  /** Of all. */
  readonly allReconnects: number;
  /** Sessions that a gateway had and gave up. */
  readonly moved: number;
  /** It took longer than a gateway may take to end: others waited for its leases to run out. */
  readonly late: boolean;
}

export interface UpgradeResult {
  readonly steps: readonly Step[];
  /** Each with what differs from the undisturbed run. */
  readonly different: readonly string[];
  /** Frames that a client had to leave out. */
  readonly dropped: number;
  /** Each with why. */
  readonly failed: readonly string[];
  /** Words of the one that had said least when the last process was replaced. */
  readonly saidBy: number;
}

type GivenUp = Pick<Step, 'moved' | 'late'>;
const NOTHING: GivenUp = { moved: 0, late: false };

/** Words that all have said when it begins. */
const BEFORE = 3;
/** Words that all say after it. */
const AFTER = 3;
const WHOLE_MS = 60_000;
/** After a process is there again, for clients that come back late. */
const SETTLE_MS = 1_000;
/** Longer than everything else together. */
const LIMIT_MS = 20 * 60_000;

/** @param context a suite, or for a bench `WITHOUT_SUITE` */
export async function teamUpgrade(
  context: Mocha.Context,
  options: UpgradeOptions,
): Promise<UpgradeResult> {
  const { people, paceMs, nodes, gateways, workers, from } = options;
  const [bundle, newer] = [
    from === undefined ? await teamBundle() : await olderTeamBundle(from),
    await teamBundle(),
  ];
  const place = await TeamDeployment.start(context, {
    nodes,
    database: true,
    gateways,
    workers,
    bundle,
    newer,
    env: { EARMARK_MAX_SESSIONS_PER_USER: String(people) },
  });
  context.timeout(LIMIT_MS);
  const bus = await openBus({
    servers: place.nats.url,
    name: 'bench',
    replicas: nodes,
    logger: silentLogger,
  });
  try {
    const words = Array.from({ length: options.words }, (_, i) => i + FIRST_WORD);
    const undisturbed = await record({ ...place.client, words });
    const [begun, over] = [new Deferred(), new Deferred()];
    const said = Array.from({ length: people }, () => 0);
    const lost = Array.from({ length: people }, () => 0);
    const failed: string[] = [];
    const fail = (error: unknown): void =>
      void failed.push(error instanceof Error ? error.message : String(error));
    let there = 0;
    const arrive = (): Promise<void> => (++there === people && begun.resolve(), begun.promise);
    const talk = async (i: number): Promise<string | undefined> => {
      const at = Object.fromEntries(
        words.map((_, n) => [
          n,
          () => {
            said[i] = n;
            return n === BEFORE ? arrive() : n === words.length - AFTER ? over.promise : undefined;
          },
        ]),
      );
      const recognised = await record({
        ...place.client,
        words,
        paceMs,
        at,
        onLost: () => void (lost[i] = (lost[i] ?? 0) + 1),
      });
      dropped += recognised.dropped;
      return recognised.transcript === undisturbed.transcript
        ? undefined
        : `${recognised.sessionId}: ${differences(undisturbed.transcript, recognised.transcript)}`;
    };
    let dropped = 0;
    const talking = Array.from({ length: people }, (_, i) =>
      talk(i).catch((error: unknown) => (begun.resolve(), fail(error), undefined)),
    );
    await begun.promise;
    const steps: Step[] = [];
    for (const { kind, count } of failed.length > 0 ? [] : options.replaced) {
      for (let index = 0; index < count; index++) {
        const before = [...lost];
        const from = performance.now();
        const given = await replace(place, kind, index).catch(
          (error: unknown) => (fail(error), NOTHING),
        );
        await whole(place, bus, nodes).catch(fail);
        const ms = performance.now() - from;
        await delay(SETTLE_MS);
        const own = lost.map((n, i) => n - (before[i] ?? 0));
        const step: Step = {
          kind,
          index,
          ms,
          ...given,
          reconnects: Math.max(...own),
          allReconnects: own.reduce((a, b) => a + b, 0),
        };
        steps.push(step);
        options.onStep?.(step);
      }
    }
    const saidBy = Math.min(...said);
    over.resolve();
    const different = (await Promise.all(talking)).flatMap((one) => one ?? []);
    return { steps, different, dropped, failed, saidBy };
  } finally {
    await bus.close();
    await place.stop();
  }
}

async function replace(place: TeamDeployment, kind: Kind, index: number): Promise<GivenUp> {
  switch (kind) {
    case 'NATS node':
      await place.nats.retire(index);
      await place.nats.run(index);
      return NOTHING;
    case 'PostgreSQL':
      await place.postgres?.restart('SIGINT');
      return NOTHING;
    case 'worker': {
      // One that was replaced is the last of its list.
      const [worker] = place.workers;
      if (!worker) throw new Error('There is a worker.');
      await ended(worker.kill('SIGTERM'), kind);
      await place.replace(worker);
      return NOTHING;
    }
    case 'gateway': {
      const [gateway] = place.gateways;
      if (!gateway) throw new Error('There is a gateway.');
      await place.leaveOut(gateway);
      await ended(gateway.kill('SIGTERM'), kind);
      const given = logged(gateway, 'sessions.givenUp').at(-1);
      await place.replace(gateway);
      return { moved: Number(given?.['count'] ?? 0), late: given?.['late'] === true };
    }
  }
}

async function ended(code: Promise<number | null>, kind: Kind): Promise<void> {
  const report = await code;
  if (report !== 0) throw new Error(`A ${kind} that was told to end ended with ${String(report)}.`);
}

/** The streams have all their copies, gateways are ready. */
async function whole(place: TeamDeployment, bus: TeamBus, nodes: number): Promise<void> {
  const ready = async (): Promise<boolean> =>
    (
      await Promise.all(
        place.gateways.map(
          async (gateway) =>
            (await fetch(`${await gateway.health()}/readyz`).catch(() => undefined))?.ok === true,
        ),
      )
    ).every(Boolean);
  for (
    const until = performance.now() + WHOLE_MS;
    !((await replicated(bus, nodes)) && (await ready()));
    await delay(100)
  ) {
    if (performance.now() > until) throw new Error('The team did not become whole.');
  }
}

interface FinalText {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The first of them, for people. */
function differences(wanted: string, got: string): string {
  const [a, b] = [wanted, got].map((text) => JSON.parse(text) as readonly FinalText[]);
  const at = (a ?? []).findIndex((one, i) => JSON.stringify(one) !== JSON.stringify(b?.[i]));
  const first = at < 0 ? (a?.length ?? 0) : at;
  const [wantedFirst, gotFirst] = [a, b].map((some) => JSON.stringify(some?.[first]));
  return (
    `${String(a?.length)} and ${String(b?.length)} segments; ` +
    `first ${String(wantedFirst)} and ${String(gotFirst)}`
  );
}
