// The chart and the compose file say what the program understands, and their parts fit each other.
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { load, loadAll } from 'js-yaml';
import { version } from '../../../package.json';
import { teamCommands } from '../../../daemon/cli/commands/team';
import { ENVIRONMENT } from '../../../daemon/config/environment';
import { render } from './chart';

const DEPLOY = resolve(__dirname, '../../../deploy');
const read = (file: string): string => readFileSync(resolve(DEPLOY, file), 'utf8');
/** Variables beside the settings: the state folder, and libpq's password. */
const VARIABLES = [...Object.values(ENVIRONMENT), 'EARMARK_HOME', 'PGPASSWORD'];

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly resources: unknown;
  readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
}

type Labels = Readonly<Record<string, string>>;

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: {
    readonly replicas: number;
    readonly serviceName?: string;
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly selector: Labels & { readonly matchLabels?: Labels };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [Container];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

/** Options and role that `team.js` does not understand. */
function unknownArguments(command: readonly string[]): readonly string[] {
  const program = new Command();
  teamCommands(program, () => {
    throw new Error('Nothing runs here.');
  });
  const [node, file, role, ...args] = command;
  const known =
    program.commands.find((one) => one.name() === role)?.options.map(({ long }) => long) ?? [];
  return [
    ...(node === 'node' && file === '/app/dist/team.js' ? [] : ['program']),
    ...(known.length === 0 ? [`role ${role ?? ''}`] : []),
    ...args.filter((arg) => arg.startsWith('--') && !known.includes(arg)),
  ];
}

function resources(values: Readonly<Record<string, unknown>> = {}): readonly Resource[] {
  const all = { ...(load(read('helm/values.yaml')) as object), ...values };
  return ['server', 'workers'].flatMap((name) =>
    loadAll(render(read(`helm/templates/${name}.yaml`), all)).filter(
      (one) => one !== null && one !== undefined,
    ),
  ) as Resource[];
}

const pods = (all: readonly Resource[]): readonly Resource[] =>
  all.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment');
const covers = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

describe('the chart', () => {
  it('is of this version', () => {
    const chart = load(read('helm/Chart.yaml')) as Record<string, unknown>;
    deepEqual(
      [
        chart['apiVersion'],
        chart['appVersion'],
        (load(read('helm/values.yaml')) as { readonly image: { readonly tag: string } }).image.tag,
      ],
      ['v2', version, version],
    );
  });

  it('is rendered with what its values say, one deployment a model', () => {
    const two = resources({
      settings: { EARMARK_LOG_LEVEL: 'debug' },
      workers: [
        { name: 'a', model: 'moonshine-tiny', replicas: 2, slots: 4, resources: {} },
        { name: 'b', model: 'moonshine-base', replicas: 1, slots: 8, resources: {} },
      ],
    });
    deepEqual(
      pods(two).map(({ kind, metadata, spec: { replicas, template } }) => [
        kind,
        metadata.name,
        replicas,
        template.spec.containers[0].command.slice(3, 7).join(' '),
      ]),
      [
        ['StatefulSet', 'demo-server', 3, '--listen 0.0.0.0:7443 --tls-cert /tls/tls.crt'],
        ['Deployment', 'demo-worker-a', 2, '--model moonshine-tiny --slots 4'],
        ['Deployment', 'demo-worker-b', 1, '--model moonshine-base --slots 8'],
      ],
    );
    ok(
      pods(two).every(({ spec }) =>
        spec.template.spec.containers[0].env.some(
          ({ name, value }) => name === 'EARMARK_LOG_LEVEL' && value === 'debug',
        ),
      ),
    );
    equal(pods(resources({ workers: [] })).length, 1);
  });

  it('says what the program understands: arguments, variables, probes', () => {
    for (const { metadata, spec } of pods(resources())) {
      const {
        containers: [container],
        terminationGracePeriodSeconds,
      } = spec.template.spec;
      const { command, env, ports, livenessProbe, readinessProbe } = container;
      const health = ports.find(({ name }) => name === 'health')?.containerPort;
      deepEqual(
        {
          arguments: unknownArguments(command),
          variables: env.map(({ name }) => name).filter((name) => !VARIABLES.includes(name)),
          text: env.filter(({ value }) => typeof value !== 'string'),
          health: command[command.indexOf('--health') + 1],
          live: livenessProbe.httpGet,
          ready: readinessProbe.httpGet,
          grace: terminationGracePeriodSeconds >= 70,
        },
        {
          arguments: [],
          variables: [],
          text: [],
          health: `0.0.0.0:${health}`,
          live: { path: '/livez', port: 'health' },
          ready: { path: '/readyz', port: 'health' },
          grace: true,
        },
        metadata.name,
      );
    }
    const named = [...read('helm/values.yaml').matchAll(/EARMARK_\w+/g)].map(([name]) => name);
    deepEqual(
      named.filter((name) => !VARIABLES.includes(name)),
      [],
    );
  });

  it('has parts that fit: selectors, ports, volumes, a budget for each', () => {
    const all = resources();
    for (const pod of pods(all)) {
      const { labels } = pod.spec.template.metadata;
      const {
        containers: [container],
        volumes,
      } = pod.spec.template.spec;
      const there = [
        ...volumes,
        ...(pod.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata),
      ].map(({ name }) => name);
      deepEqual(
        {
          own: covers(pod.spec.selector.matchLabels ?? { none: '' }, labels),
          budgets: all.filter(
            ({ kind, spec }) =>
              kind === 'PodDisruptionBudget' &&
              covers(spec.selector.matchLabels ?? { none: '' }, labels),
          ).length,
          mounts: container.volumeMounts
            .map(({ name }) => name)
            .filter((name) => !there.includes(name)),
          resources: Object.keys(container.resources as object),
        },
        { own: true, budgets: 1, mounts: [], resources: ['requests', 'limits'] },
        pod.metadata.name,
      );
    }
    for (const service of all.filter(({ kind }) => kind === 'Service')) {
      const [pod, ...more] = pods(all).filter(({ spec }) =>
        covers(service.spec.selector, spec.template.metadata.labels),
      );
      const ports = pod?.spec.template.spec.containers[0].ports.map(({ name }) => name) ?? [];
      deepEqual(
        [
          more.length,
          (service.spec.ports ?? []).every(({ targetPort }) => ports.includes(targetPort)),
        ],
        [0, true],
        service.metadata.name,
      );
    }
    const server = all.find(({ kind }) => kind === 'StatefulSet');
    ok(
      all.some(
        ({ kind, metadata }) => kind === 'Service' && metadata.name === server?.spec.serviceName,
      ),
    );
  });

  it('is refused where a template asks for what is not there', () => {
    throws(() => render('{{ .Values.nothing }}', {}), /There is no \.Values\.nothing/);
    throws(() => render('{{ .Values.a | lower }}', { a: 1 }), /does not know "lower"/);
  });
});

describe('the compose file', () => {
  it('says what the program understands, and waits for what it starts', () => {
    interface Service {
      readonly command: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly healthcheck: { readonly test: readonly string[] };
      readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
    }
    const { services } = load(read('compose.yaml')) as {
      readonly services: Readonly<Record<string, Service>>;
    };
    const ours = Object.entries(services).filter(([, { command }]) => command[0] === 'node');
    deepEqual(
      ours.map(([name]) => name),
      ['server-0', 'server-1', 'worker'],
    );
    for (const [name, { command, environment, healthcheck, depends_on: needs = {} }] of ours) {
      const waits = Object.entries(needs).map(([on, { condition }]) => [on in services, condition]);
      deepEqual(
        {
          arguments: unknownArguments(command),
          variables: Object.keys(environment).filter((one) => !VARIABLES.includes(one)),
          probe: healthcheck.test
            .join(' ')
            .includes(`http://${environment['EARMARK_HEALTH']}/readyz`),
          waits:
            waits.every(([known, condition]) => known && condition === 'service_healthy') &&
            waits.length > 0,
        },
        { arguments: [], variables: [], probe: true, waits: true },
        name,
      );
    }
    ok(Object.values(services).every(({ healthcheck }) => healthcheck.test.length > 1));
  });
});
