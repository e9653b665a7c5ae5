// A version that fails its warm-up gives way to the one before it, once.
import { deepEqual } from 'node:assert/strict';
import { silentLogger } from '../../../daemon/base/logger';
import { AutoRollback } from '../../../daemon/models/autoRollback';
import type { ModelView } from '../../../daemon/models/api';

describe('automatic rollback', () => {
  function models(versions: readonly string[]): {
    rolled: string[];
    rollback: AutoRollback;
  } {
    let version = versions[0] ?? '';
    const rolled: string[] = [];
    const view = (): ModelView => ({ version, versions }) as ModelView;
    return {
      rolled,
      rollback: new AutoRollback(
        {
          get: () => Promise.resolve(view()),
          rollback: (id) => {
            rolled.push(`${id} ${version}`);
            version = versions.find((other) => other !== version) ?? '';
            return Promise.resolve(view());
          },
        },
        silentLogger,
      ),
    };
  }

  it('takes the version before', async () => {
    const { rolled, rollback } = models(['2', '1']);
    deepEqual([await rollback.after('m', 'model.incompatible'), rolled], [true, ['m 2']]);
  });
  it('happens once for all who wait', async () => {
    const { rolled, rollback } = models(['2', '1']);
    const both = [rollback.after('m', 'model.corrupt'), rollback.after('m', 'model.incompatible')];
    deepEqual([await Promise.all(both), rolled], [[true, true], ['m 2']]);
  });
  it('does not swing between two versions that fail', async () => {
    const { rolled, rollback } = models(['2', '1']);
    const results: boolean[] = [];
    for (let i = 0; i < 4; i++) results.push(await rollback.after('m', 'model.incompatible'));
    deepEqual(
      [results, rolled],
      [
        [true, true, false, false],
        ['m 2', 'm 1'],
      ],
    );
  });
  it('needs another version, and an error of the files', async () => {
    deepEqual(
      [
        await models(['1']).rollback.after('m', 'model.incompatible'),
        await models(['2', '1']).rollback.after('m', 'engine.unavailable'),
      ],
      [false, false],
    );
  });
});
