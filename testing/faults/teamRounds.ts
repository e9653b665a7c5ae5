/**
 * Kills or stops one process of a team after the other, at random, while people talk: three NATS
 * nodes, PostgreSQL, gateways behind a balancer that probes them, workers; real processes. Nothing
 * acknowledged may be lost, no final lost or doubled, and what follows a fault is told how soon.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { sessionMark } from '../../daemon/adapters/telemetry/logger';
import { silentLogger } from '../../daemon/base/logger';
import { Gateway } from '../processes/teamClient';
import { TeamDeployment } from '../processes/teamPlace';
import type { TeamProcess } from '../processes/teamProcess';
import { randoms } from './random';
import { ProbingBalancer } from './teamBalancer';
import { teamBundle } from '../processes/teamBundle';
import { Person, type Spoken, type ClientReport } from './teamPerson';

export type Kind = 'gateway' | 'worker' | 'NATS node' | 'PostgreSQL';

export interface Fault {
  readonly kind: Kind;
  /** Of those of its kind. */
  readonly index: number;
  /** Absent: killed. */
  readonly stopMs?: number;
}

export interface Round extends Fault {
  /**
   * Until audio is acknowledged and finals come as before, milliseconds from the fault, or from the
   * end of a stop for what was not late until then, as a node that wakes makes its cluster choose
   * again, and for finals without their database.
   */
  readonly recoveryMs: number;
  /** What was late longest; milliseconds from the fault. */
  readonly latest?: {
    readonly person: number;
    readonly sessionId: string;
    readonly what: 'sound' | 'final';
    readonly nth: number;
    readonly saidMs: number;
    readonly keptMs: number;
  };
  /** Of the client that had most. */
  readonly reconnects: number;
  /** Of all. */
  readonly allReconnects: number;
  /** Clients of each gateway when the fault came. */
  readonly clients: readonly number[];
}

export interface TeamRoundsOptions {
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly people: number;
  readonly words: number;
  readonly gateways?: number;
  readonly workers?: number;
  readonly onRound?: (round: Round, n: number) => void;
  /** A session that is not as it should be, and what the servers wrote of it. */
  readonly onBad?: (text: string) => void;
}

export interface TeamRoundsResult extends Omit<ClientReport, 'utterances' | 'words' | 'lostMs'> {
  readonly rounds: readonly Round[];
  /** Connections that were lost while nothing was wrong. */
  readonly reconnectsBetween: number;
}

export const GATEWAYS = 3;
export const WORKERS = 4;
export const NODES = 3;

/** What is acknowledged, or final, later than so long after it was said is late. */
const AUDIO_LATE_MS = 1_500;
const WORD_LATE_MS = 3_000;
/** A supervisor starts a process again within this time. */
const RESTART_MS = 2_000;
/** The mark for a recovery. */
export const RECOVERED_MS = 10_000;
/** After everything is as it was, before the next one. */
const CALM_MS = 1_000;
const CALM_LIMIT_MS = 90_000;
const SESSION_LIMIT_MS = 180_000;
/** Some sessions long, each of which the balancer sends to the next gateway. */
const SPREAD_LIMIT_MS = 60_000;
/** Told of a session that is not as it should be. */
const LOG_LINES = 20;
/** pino's number. */
const WARN = 40;

/** Each process as likely as any other, killed as often as stopped. */
export function randomFaults(
  count: number,
  seed: number,
  stopMs: readonly number[],
): readonly Fault[] {
  const random = randoms(seed);
  const all: readonly Fault[] = (['gateway', 'worker', 'NATS node', 'PostgreSQL'] as const).flatMap(
    (kind) =>
      Array.from(
        { length: { gateway: GATEWAYS, worker: WORKERS, 'NATS node': NODES, PostgreSQL: 1 }[kind] },
        (_, index) => ({ kind, index }),
      ),
  );
  return Array.from({ length: count }, () => {
    const fault = all[Math.floor(random() * all.length)] ?? { kind: 'gateway', index: 0 };
    return random() < 0.5
      ? fault
      : { ...fault, stopMs: stopMs[Math.floor(random() * stopMs.length)] ?? 0 };
  });
}

/** @param context a suite, or for a bench `WITHOUT_SUITE` */
export async function teamRounds(
  context: Mocha.Context,
  options: TeamRoundsOptions,
): Promise<TeamRoundsResult> {
  const { gateways = GATEWAYS, workers = WORKERS, people: count, words, onBad } = options;
  const place = await TeamDeployment.start(context, {
    nodes: NODES,
    database: true,
    gateways,
    workers,
    bundle: await teamBundle(),
  });
  context.timeout(
    options.faults.reduce(
      (ms, { stopMs = 0 }) => ms + stopMs + CALM_LIMIT_MS + SPREAD_LIMIT_MS,
      SESSION_LIMIT_MS,
    ),
  );
  /**
   * Of a session, and from a time on what any process complained about and what the nodes of NATS
   * wrote last.
   */
  const logs = (sessionId: string, sinceMs = Infinity): string => {
    const ours = [...place.gateways, ...place.workers].map(({ home, stderr }) =>
      [...linesOf(join(home, 'logs', 'daemon.log')), ...stderr.split('\n')].filter(
        (line) => line.includes(sessionMark(sessionId)) || isComplaint(line, sinceMs),
      ),
    );
    const nodes = sinceMs === Infinity ? [] : place.nats.logs.map(linesOf);
    return [...ours, ...nodes].map((lines) => lines.slice(-LOG_LINES).join('\n')).join('\n\n');
  };
  const balancer = new ProbingBalancer(place);
  const people = Array.from(
    { length: count },
    () =>
      new Person({
        ...place.client,
        words,
        onBad: (sessionId, what) => onBad?.(`${sessionId}: ${what}\n${logs(sessionId)}`),
      }),
  );
  const bus = await openBus({
    servers: place.nats.url,
    name: 'bench',
    replicas: NODES,
    logger: silentLogger,
  });
  try {
    await Promise.all(people.map((person) => person.rehearse()));
    for (const person of people) person.talk();
    const team = new Team(place, balancer, bus, people, options.seed);
    const rounds: Round[] = [];
    const windows: { readonly from: number; readonly to: number }[] = [];
    for (const fault of options.faults) {
      const from = performance.now();
      const round = await team.round(fault);
      windows.push({ from, to: performance.now() });
      rounds.push(round);
      options.onRound?.(round, rounds.length);
      if (round.latest && round.recoveryMs > RECOVERED_MS)
        onBad?.(
          `${round.latest.sessionId}: late\n${logs(round.latest.sessionId, Date.now() - (performance.now() - from))}`,
        );
    }
    await Promise.all(people.map((person) => person.stop()));
    const sum = (of: (report: ClientReport) => number): number =>
      people.reduce((total, { report }) => total + of(report), 0);
    return {
      rounds,
      sessions: sum((t) => t.sessions),
      finals: sum((t) => t.finals),
      acknowledgedLost: sum((t) => t.acknowledgedLost),
      dropped: sum((t) => t.dropped),
      wordsLost: sum((t) => t.wordsLost),
      wordsDoubled: sum((t) => t.wordsDoubled),
      otherBounds: sum((t) => t.otherBounds),
      eventsMissing: sum((t) => t.eventsMissing),
      failed: people.flatMap(({ report }) => report.failed),
      reconnectsBetween: sum(
        (t) =>
          t.lostMs.filter((at) => !windows.some(({ from, to }) => at >= from && at <= to)).length,
      ),
    };
  } finally {
    await balancer.stop();
    await bus.close();
    await place.stop();
  }
}

function isComplaint(line: string, sinceMs: number): boolean {
  const [, level, time] = /^\{"level":(\d+),"time":"([^"]+)"/.exec(line) ?? [];
  return (
    level !== undefined &&
    time !== undefined &&
    Number(level) >= WARN &&
    Date.parse(time) >= sinceMs
  );
}

function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
}

/** Where no suite runs: what is not installed is an error. */
export const WITHOUT_SUITE = {
  timeout: () => undefined,
  skip: () => {
    throw new Error(
      'nats-server and PostgreSQL have to be installed; on Debian "apt-get install nats-server postgresql".',
    );
  },
} as unknown as Mocha.Context;

/** Every stream has a leader, and all its copies are as far as it. */
export async function replicated(bus: TeamBus, nodes: number): Promise<boolean> {
  try {
    for (const name of ['EARMARK_SESSIONS', 'EARMARK_PHRASES', 'KV_EARMARK_LEASES']) {
      const { cluster } = await bus.jsm.streams.info(name);
      const copies = cluster?.replicas ?? [];
      if (
        nodes > 1 &&
        (!cluster?.leader ||
          copies.length !== nodes - 1 ||
          copies.some(({ current, offline }) => !current || offline))
      )
        return false;
    }
    return true;
  } catch {
    return false;
  }
}

class Team {
  private readonly random: () => number;

  constructor(
    private readonly place: TeamDeployment,
    private readonly balancer: ProbingBalancer,
    private readonly bus: TeamBus,
    private readonly people: readonly Person[],
    seed: number,
  ) {
    this.random = randoms(seed + 1);
  }

  async round(fault: Fault): Promise<Round> {
    await this.calm();
    await delay(this.random() * 2_000);
    const clients = await this.spread();
    const begun = performance.now();
    const back = await this.strike(fault);
    await this.calm();
    return { ...fault, ...this.seen(fault, begun, back), clients };
  }

  /**
   * Waits until every gateway has a client: one that came back has none until somebody's next
   * session.
   */
  private async spread(): Promise<readonly number[]> {
    for (const until = performance.now() + SPREAD_LIMIT_MS; ; await delay(100)) {
      const clients = await Promise.all(
        this.place.gateways.map((gateway) => this.place.clientsOf(gateway)),
      );
      if (clients.every((count) => count > 0) || performance.now() > until) return clients;
    }
  }

  /** @returns when the process answers again */
  private async strike({ kind, index, stopMs }: Fault): Promise<number> {
    const { place } = this;
    if (kind === 'NATS node' || kind === 'PostgreSQL') {
      const signal = (name: 'SIGSTOP' | 'SIGCONT'): unknown =>
        kind === 'PostgreSQL' ? place.postgres?.signalAll(name) : place.nats.kill(index, name);
      if (stopMs === undefined) {
        await (kind === 'PostgreSQL' ? place.postgres?.end('SIGKILL') : place.nats.kill(index));
        await delay(this.random() * RESTART_MS);
        await (kind === 'PostgreSQL' ? place.postgres?.again() : place.nats.run(index));
      } else {
        signal('SIGSTOP');
        await delay(stopMs);
        signal('SIGCONT');
      }
      return performance.now();
    }
    const list: readonly TeamProcess[] = kind === 'gateway' ? place.gateways : place.workers;
    const struck = list[index % list.length];
    if (!struck) throw new Error(`There is a ${kind}.`);
    if (stopMs === undefined) {
      await struck.kill('SIGKILL');
      await delay(this.random() * RESTART_MS);
      if (struck instanceof Gateway) await place.leaveOut(struck);
      await place.replace(struck);
    } else {
      struck.child.kill('SIGSTOP');
      await delay(stopMs);
      struck.child.kill('SIGCONT');
    }
    return performance.now();
  }

  /** The team is whole, and nothing that was said is late. */
  private async calm(): Promise<void> {
    const until = performance.now() + CALM_LIMIT_MS;
    for (let since = performance.now(); performance.now() - since < CALM_MS; await delay(100)) {
      const now = performance.now();
      if (now > until) return;
      const late = this.people.some(
        ({ report }) =>
          report.utterances.some((s) => s.keptMs === undefined && now - s.saidMs > AUDIO_LATE_MS) ||
          report.words.some((w) => w.keptMs === undefined && now - w.saidMs > WORD_LATE_MS),
      );
      if (
        late ||
        this.place.gateways.some((gateway) => this.balancer.isOut(gateway)) ||
        !(await replicated(this.bus, NODES))
      )
        since = performance.now();
    }
  }

  /** @param back when the process answered again */
  private seen(
    { kind, stopMs }: Fault,
    begun: number,
    back: number,
  ): Pick<Round, 'recoveryMs' | 'latest' | 'reconnects' | 'allReconnects'> {
    const now = performance.now();
    let recoveryMs = 0;
    let latest: Round['latest'];
    const look = (
      person: number,
      what: 'sound' | 'final',
      list: readonly Spoken[],
      lateMs: number,
      waits: boolean,
    ): void => {
      for (const { sessionId, nth, saidMs, keptMs = now } of list) {
        if (keptMs <= begun || keptMs - saidMs <= lateMs) continue;
        const ms =
          keptMs - (waits || (stopMs !== undefined && saidMs + lateMs > back) ? back : begun);
        if (ms <= recoveryMs) continue;
        recoveryMs = ms;
        latest = { person, sessionId, what, nth, saidMs: saidMs - begun, keptMs: keptMs - begun };
      }
    };
    const lost = this.people.map(({ report }) => report.lostMs.filter((at) => at >= begun).length);
    for (const [person, { report }] of this.people.entries()) {
      look(person, 'sound', report.utterances, AUDIO_LATE_MS, false);
      look(person, 'final', report.words, WORD_LATE_MS, kind === 'PostgreSQL');
      // What is settled is not looked at again.
      for (const list of [report.utterances, report.words])
        list.splice(0, Infinity, ...list.filter(({ keptMs }) => keptMs === undefined));
    }
    return {
      recoveryMs: Math.round(recoveryMs),
      ...(latest && { latest }),
      reconnects: Math.max(...lost),
      allReconnects: lost.reduce((a, b) => a + b, 0),
    };
  }
}
