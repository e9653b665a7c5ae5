// The short form of `npm run bench -- teamConnections`: connections that are silent cost a server
// next to nothing.
import { deepEqual, ok } from 'node:assert/strict';
import { silentConnections } from '../../testing/faults/silentConnections';
import { needNats } from '../../testing/processes/natsServers';

const CONNECTIONS = 500;
const EACH_BYTES = 1e6;

describe('silent connections over the servers of a team', () => {
  it('take less than 1 MB of a server each', async function () {
    needNats(this);
    this.timeout(180_000);
    const { standing, refused, before, after } = await silentConnections({
      connections: CONNECTIONS,
      gateways: 2,
    });
    deepEqual({ standing, refused }, { standing: CONNECTIONS, refused: 0 });
    ok(
      after - before < CONNECTIONS * EACH_BYTES,
      `${Math.round((after - before) / CONNECTIONS / 1e3)} kB`,
    );
  });
});
