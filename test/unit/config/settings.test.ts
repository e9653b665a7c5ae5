/**
 * Settings: layers, wrong values that change nothing and are named, changes while everything runs.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { LiveSettings } from '../../../daemon/config/liveSettings';
import { ENVIRONMENT } from '../../../daemon/config/environment';
import { silentLogger } from '../../../daemon/base/logger';
import { SETTING_NAMES, type SettingName } from '../../../protocol/settings';
import { MemorySettingsFile } from '../../../testing/fakes/memorySettingsFile';

interface World {
  readonly file?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly given?: Readonly<Record<string, unknown>>;
}

function open({ file, env = {}, given = {} }: World) {
  const disk = new MemorySettingsFile(
    file === undefined ? undefined : typeof file === 'string' ? file : JSON.stringify(file),
  );
  const settings = new LiveSettings({ file: disk, env, given, logger: silentLogger });
  const changes: string[] = [];
  settings.onDidChange(({ changed }) => changes.push([...changed].join(' ')));
  const rewrite = (to: unknown): void => {
    disk.text = typeof to === 'string' ? to : JSON.stringify(to);
    settings.reload();
  };
  return {
    disk,
    settings,
    changes,
    rewrite,
    problems: () => settings.problems.map(({ message }) => message),
  };
}

describe('settings', () => {
  const check = (
    world: World,
    name: SettingName,
    value: unknown,
    problems: readonly string[] = [],
  ): void => {
    const { settings, problems: reported } = open(world);
    deepEqual([settings.current[name], reported()], [value, problems]);
  };

  it('have a name of their own in the environment', () =>
    equal(new Set(Object.values(ENVIRONMENT)).size, SETTING_NAMES.length));
  it('default', () => check({}, 'models.parallel', 2));
  it('config.json', () => check({ file: { 'models.parallel': 3 } }, 'models.parallel', 3));
  it('the environment before config.json', () =>
    check(
      { file: { 'models.parallel': 3 }, env: { EARMARK_MODELS_PARALLEL: ' 4 ' } },
      'models.parallel',
      4,
    ));
  it('the command line before both', () =>
    check(
      {
        file: { 'log.level': 'warn' },
        env: { EARMARK_LOG_LEVEL: 'error' },
        given: { 'log.level': 'debug' },
      },
      'log.level',
      'debug',
    ));
  it('an empty variable is none', () =>
    check({ env: { EARMARK_LLM_ENDPOINT: ' ' } }, 'llm.endpoint', ''));
  it('flags in words', () =>
    check({ env: { EARMARK_MODELS_OFFLINE: 'yes' } }, 'models.offline', true));
  it('a wrong number', () =>
    check({ env: { EARMARK_MODELS_PARALLEL: '0' } }, 'models.parallel', 2, [
      'EARMARK_MODELS_PARALLEL: Too small: expected number to be >=1; 2 stays until you correct it.',
    ]));
  it('a wrong flag', () =>
    check({ env: { EARMARK_MODELS_OFFLINE: 'perhaps' } }, 'models.offline', false, [
      'EARMARK_MODELS_OFFLINE: expected boolean, received string; false stays until you correct it.',
    ]));
  it('a wrong address', () =>
    check({ file: { 'models.mirror': 'models.example' } }, 'models.mirror', '', [
      '"models.mirror" in config.json: expected an address of the kind "https://host", or nothing; nothing is set until you correct it.',
    ]));
  it('a value that cannot be compared', () =>
    check({ file: '{"llm.model": {"length": {"toString": 1, "valueOf": 1}}}' }, 'llm.model', '', [
      '"llm.model" in config.json: the value is wrong; nothing is set until you correct it.',
    ]));
  it('an unknown name', () =>
    check({ file: { 'log.levle': 'debug' } }, 'log.level', 'info', [
      '"log.levle" in config.json is not a setting; correct its name or remove it.',
    ]));
  it('a secret in the file', () =>
    check({ file: { 'llm.key': 'abc' } }, 'llm.key', '', [
      'Earmark ignores "llm.key" in config.json, because secrets do not belong in files; set EARMARK_LLM_KEY instead.',
    ]));
  for (const text of ['{', '[]', '"x"', 'null', '\u0000'])
    it(`a file that is ${JSON.stringify(text)}`, () =>
      check({ file: text }, 'log.level', 'info', [
        'config.json is not a JSON object; correct it. The previous settings stay in use.',
      ]));

  it('change while everything runs; a wrong value keeps the last good one', () => {
    const { settings, changes, rewrite, problems } = open({
      file: { 'metrics.port': 9000, 'log.level': 'warn' },
    });
    rewrite({ 'metrics.port': 9001, 'log.level': 'warn' });
    rewrite({ 'metrics.port': 99_999, 'log.level': 'debug' });
    deepEqual(
      [settings.current['metrics.port'], changes, problems()],
      [
        9001,
        ['metrics.port', 'log.level'],
        [
          '"metrics.port" in config.json: Too big: expected number to be <=65535; 9001 stays until you correct it.',
        ],
      ],
    );
    rewrite('{"metrics.port": 9');
    deepEqual([settings.current['metrics.port'], settings.current['log.level']], [9001, 'debug']);
    rewrite({ 'metrics.port': 9002 });
    deepEqual(
      [settings.current['metrics.port'], settings.current['log.level'], problems()],
      [9002, 'info', []],
    );
  });

  it('fall back over a restart to what was right the last time', () => {
    const { disk } = open({ file: { 'models.offline': true } });
    disk.text = '{"models.offline": "yes"}';
    const again = new LiveSettings({ file: disk, env: {}, logger: silentLogger });
    deepEqual([again.current['models.offline'], again.problems.length], [true, 1]);
  });

  it('that count at the next start say so', () => {
    const { rewrite, problems } = open({});
    rewrite({ 'listen.address': '0.0.0.0:1' });
    deepEqual(problems(), [
      '"listen.address" has changed; restart the daemon with "earmark daemon stop" to apply it.',
    ]);
  });

  it('promise: keys are never written into config.json', () => {
    const { disk, settings, problems, changes } = open({ file: { 'log.level': 'warn' } });
    settings.set({
      'llm.endpoint': 'http://127.0.0.1:1',
      'llm.key': 'hush',
      'models.parallel': 0,
      nonsense: 1,
    });
    deepEqual(
      [
        JSON.parse(disk.text ?? ''),
        settings.current['llm.key'],
        settings.shown['llm.key'],
        changes,
      ],
      [
        { 'log.level': 'warn', 'llm.endpoint': 'http://127.0.0.1:1' },
        'hush',
        '(set)',
        ['llm.endpoint llm.key'],
      ],
    );
    deepEqual(problems(), [
      '"models.parallel": Too small: expected number to be >=1; the value before it stays.',
      '"nonsense": there is no such setting; update Earmark on both sides.',
    ]);
    settings.set({ nonsense: null, 'models.parallel': 5, 'llm.endpoint': null, 'llm.key': null });
    deepEqual(
      [JSON.parse(disk.text ?? ''), settings.current['llm.key'], settings.problems],
      [{ 'log.level': 'warn', 'models.parallel': 5 }, '', []],
    );
  });

  it('that cannot be saved hold until the daemon ends', () => {
    const { disk, settings } = open({});
    disk.failure = new Error('EROFS');
    settings.set({ 'models.offline': true });
    equal(settings.current['models.offline'], true);
  });
});
