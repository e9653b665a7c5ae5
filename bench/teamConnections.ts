/**
 * Silent connections over the gateways of a team, real WSS: `npm run bench -- teamConnections
 * [CONNECTIONS]`. Each process needs as many open files as it has connections; node raises the
 * limit to the hard one by itself.
 */
import { silentConnections } from '../testing/faults/silentConnections';
import { reportResults } from './report';

const GATEWAYS = 3;
const MB = 1e6;

async function main(): Promise<void> {
  const connections = Number(process.argv[2] ?? 10_000);
  const { standing, refused, before, after, seconds, silentCore } = await silentConnections({
    connections,
    gateways: GATEWAYS,
  });
  const each = (after - before) / standing;
  reportResults({
    about: [
      `${connections} clients connect over TLS with a token and a greeting each, then stay silent.`,
      `They use ${GATEWAYS} gateways with one nats-server on loopback, from processes of their own.`,
      'Memory is resident memory of the gateways before and 12 s after.',
      `Opening took ${Math.round(seconds)} s; ${refused} were refused.`,
    ].join(' '),
    rows: [
      { what: 'open connections', value: standing },
      {
        what: 'resident memory of the gateways before / after, MB',
        value: `${Math.round(before / MB)} / ${Math.round(after / MB)}`,
      },
      { what: 'memory of a connection, kB', value: Math.round(each / 1e3) },
      {
        what: 'processor time of the gateways, of one core',
        value: `${(100 * silentCore).toFixed(1)} %`,
      },
    ],
    metrics: {
      'memory of a silent connection': {
        value: each / MB,
        unit: 'MB',
        better: 'lower',
        noise: 0.15,
        mark: 1,
      },
    },
  });
  if (standing < connections || each > MB) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
