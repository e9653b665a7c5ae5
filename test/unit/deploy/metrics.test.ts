// The dashboard and the alert rules ask for metrics that the program has, by labels that they have.
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load } from 'js-yaml';
import { COUNTERS, type Declared, GAUGES, TIMINGS } from '../../../daemon/telemetry/metrics';

const DEPLOY = resolve(__dirname, '../../../deploy');
/** Prometheus adds the first two to everything it collects. */
const ALWAYS = ['instance', 'job'];

/** Every series of the program with its labels, as Prometheus sees it. */
function series(): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>();
  const add = (name: string, { label }: Declared, ...more: readonly string[]): unknown =>
    known.set(`earmark_${name}`, [...ALWAYS, ...(label === undefined ? [] : [label]), ...more]);
  for (const [name, declared] of Object.entries<Declared>(COUNTERS)) add(`${name}_total`, declared);
  for (const [name, declared] of Object.entries<Declared>(GAUGES)) add(name, declared);
  for (const [name, declared] of Object.entries<Declared>(TIMINGS)) {
    add(`${name}_seconds_bucket`, declared, 'le');
    for (const end of ['sum', 'count']) add(`${name}_seconds_${end}`, declared);
  }
  return known;
}

/** What is wrong with an expression: series that do not exist, labels that its series have not. */
function wrong(expression: string, known = series()): readonly string[] {
  const names = [...expression.matchAll(/\bearmark_\w+/g)].map(([name]) => name);
  const labels = [...expression.matchAll(/\bby ?\(([^)]*)\)|\{([^}]*)\}/g)].flatMap(
    ([, by, filter]) =>
      (by ?? filter ?? '').split(',').map((part) => /^\s*(\w+)/.exec(part)?.[1] ?? ''),
  );
  const all = names.flatMap((name) => known.get(name) ?? []);
  return [
    ...(names.length === 0 ? ['no figure'] : []),
    ...names.filter((name) => !known.has(name)),
    ...labels.filter((label) => label !== '' && !all.includes(label)),
  ];
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
}

const panels = (): readonly Panel[] =>
  (
    JSON.parse(readFileSync(resolve(DEPLOY, 'grafana/earmark.json'), 'utf8')) as {
      readonly panels: readonly Panel[];
    }
  ).panels;

describe('the metrics of a team outside', () => {
  it('a name or a label that does not exist is found', () => {
    deepEqual(
      wrong(
        'sum by (le, model) (rate(earmark_final_latency_seconds_bucket[5m])) > earmark_queue_age{state="x"}',
      ),
      ['earmark_queue_age', 'model', 'state'],
    );
    deepEqual(wrong('up == 0'), ['no figure']);
  });

  it('every panel of the dashboard shows what there is, at a place of its own', () => {
    const all = panels();
    deepEqual(
      all.flatMap(({ title, targets }) =>
        targets.flatMap(({ expr, legendFormat }) =>
          [
            ...wrong(expr),
            ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].flatMap(([, label = '']) =>
              new RegExp(`by ?\\([^)]*\\b${label}\\b`).test(expr) ? [] : [label],
            ),
          ].map((what) => `${title}: ${what}`),
        ),
      ),
      [],
    );
    deepEqual(new Set(all.map(({ id }) => id)).size, all.length);
    const over = (a: Panel, b: Panel): boolean =>
      a.gridPos.x < b.gridPos.x + b.gridPos.w &&
      b.gridPos.x < a.gridPos.x + a.gridPos.w &&
      a.gridPos.y < b.gridPos.y + b.gridPos.h &&
      b.gridPos.y < a.gridPos.y + a.gridPos.h;
    deepEqual(
      all.flatMap((a, i) =>
        all
          .slice(i + 1)
          .filter((b) => over(a, b))
          .map((b) => `${a.title} / ${b.title}`),
      ),
      [],
    );
  });

  it('every alert rule asks for what there is, and says how bad it is', () => {
    const { groups } = load(readFileSync(resolve(DEPLOY, 'prometheus/alerts.yaml'), 'utf8')) as {
      readonly groups: readonly {
        readonly rules: readonly {
          readonly alert: string;
          readonly expr: string;
          readonly labels: { readonly severity: string };
          readonly annotations: { readonly summary: string };
        }[];
      }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    deepEqual(
      rules.flatMap(({ alert, expr }) => wrong(expr).map((what) => `${alert}: ${what}`)),
      [],
    );
    deepEqual(
      rules.filter(
        ({ labels, annotations }) =>
          !['warning', 'critical'].includes(labels.severity) || annotations.summary.length < 20,
      ),
      [],
    );
    const page = readFileSync(resolve(DEPLOY, '../docs/operations/team.md'), 'utf8');
    deepEqual(
      rules.map(({ alert }) => alert).filter((alert) => !page.includes(`**${alert}**`)),
      [],
      'docs/operations/team.md says what to do',
    );
  });

  it('the dashboard has every figure of a team', () => {
    const shown = JSON.stringify(panels());
    const missing = Object.keys(GAUGES).filter(
      (name) => name.startsWith('team_') && !shown.includes(`earmark_${name}`),
    );
    deepEqual(missing, []);
    ok(Object.keys(GAUGES).some((name) => name.startsWith('team_')));
  });
});
