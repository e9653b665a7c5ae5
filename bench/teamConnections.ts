/**
 * Silent connections over the gateways of a team, real WSS: `npm run bench -- teamConnections
 * [CONNECTIONS]`. Each process needs as many open files as it has connections; node raises the
 * limit to the hard one by itself.
 */
import { silentConnections } from './fault/silentConnections';
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
    about: `${connections} clients over TLS with a token and a greeting each, then silent, over ${GATEWAYS} gateways with one nats-server on loopback; the clients are processes of their own. Resident memory of the gateways before and 12 s after. Opened in ${Math.round(seconds)} s, ${refused} refused.`,
    rows: [
      { what: 'connections that stand', value: standing },
      {
        what: 'resident memory of the gateways before / after, MB',
        value: `${Math.round(before / MB)} / ${Math.round(after / MB)}`,
      },
      { what: 'a connection, kB', value: Math.round(each / 1e3) },
      {
        what: 'processor time of the gateways while all are silent, of one core',
        value: `${(100 * silentCore).toFixed(1)} %`,
      },
    ],
    ratios: {
      'memory of a silent connection, MB': { value: each / MB, noise: 0.15, better: 'lower' },
    },
  });
  if (standing < connections || each > MB) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
