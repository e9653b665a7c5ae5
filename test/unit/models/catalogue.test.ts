import { deepEqual, rejects } from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModelManager } from '../../../daemon/adapters/download/createModelManager';
import { DEFAULT_SETTINGS, type Settings } from '../../../protocol/settings';
import { modelSettings } from '../../../daemon/adapters/download/modelSettings';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { CATALOGUE, revisionOf } from '../../../daemon/models/catalogue';

describe('the model catalogue', () => {
  it('has unique ids, file names and roles, whole checksums and exact versions', () => {
    const problems: string[] = [];
    const ids = CATALOGUE.map((e) => e.id);
    if (new Set(ids).size !== ids.length) problems.push('an id twice');
    for (const e of CATALOGUE) {
      if (!/^[a-z0-9][a-z0-9._-]*$/.test(e.id)) problems.push(`${e.id}: not a folder name`);
      if (
        new Set(e.files.map((f) => f.name)).size !== e.files.length ||
        new Set(e.files.map((f) => f.role)).size !== e.files.length
      )
        problems.push(`${e.id}: a file name or role twice`);
      for (const f of [e, ...(e.earlier ?? [])].flatMap((v) => v.files)) {
        if (!/^[0-9a-f]{64}$/.test(f.sha256) || !(f.bytes > 0))
          problems.push(`${e.id}/${f.name}: checksum or size`);
        if (f.name !== f.name.replace(/[/\\]/g, ''))
          problems.push(`${e.id}/${f.name}: not a plain file name`);
        if (e.source.type === 'npm' && f.path === undefined)
          problems.push(`${e.id}/${f.name}: no path in the package`);
      }
      if (e.source.type === 'hub' && !/^[0-9a-f]{40}$/.test(e.source.revision))
        problems.push(`${e.id}: not a commit`);
      const revisions = [e, ...(e.earlier ?? [])].map(revisionOf);
      if (new Set(revisions).size !== revisions.length) problems.push(`${e.id}: a version twice`);
      if (e.source.type === 'npm' && !/^\d+\.\d+\.\d+$/.test(e.source.version))
        problems.push(`${e.id}: not an exact version`);
    }
    deepEqual(problems, []);
  });

  it('has what each engine needs', () => {
    const ids = (kind: string, provider: string) =>
      CATALOGUE.filter((e) => e.kind === kind && e.provider === provider).map((e) =>
        e.id.replace(/^whisper-/, ''),
      );
    deepEqual(
      [
        ids('asr', 'moonshine'),
        ids('asr', 'nemo'),
        ids('asr', 'voxtral'),
        ids('speaker', 'campplus'),
        ids('speaker', 'segmentation'),
        ids('embedding', 'turns'),
        ids('embedding', 'minilm'),
        ids('asr', 'whisper'),
      ],
      [
        ['moonshine-tiny', 'moonshine-base'],
        [
          'parakeet-tdt_ctc-110m',
          'parakeet-tdt-0.6b-v2',
          'parakeet-tdt-0.6b-v3',
          'fastconformer-streaming-114m',
          'nemotron-streaming-0.6b',
        ],
        ['voxtral-mini-4b'],
        ['campplus-zh-en'],
        ['segmentation-3.0'],
        ['turn-encoder'],
        ['minilm-l6-v2'],
        [
          'tiny',
          'tiny-q5_1',
          'tiny-q8_0',
          'base',
          'base-q5_1',
          'base-q8_0',
          'small',
          'small-q5_1',
          'small-q8_0',
          'medium',
          'medium-q5_0',
          'medium-q8_0',
          'large-v3',
          'large-v3-q5_0',
          'large-v3-turbo',
          'large-v3-turbo-q5_0',
          'large-v3-turbo-q8_0',
        ],
      ],
    );
  });

  it('comes with the bundled models whole', async () => {
    const models = createModelManager({
      home: join(tmpdir(), 'earmark-no-such-folder'),
      settings: () => DEFAULT_SETTINGS,
      clock: systemClock,
      logger: silentLogger,
    });
    const bundled = CATALOGUE.filter((e) => e.source.type === 'bundled').map((e) => e.id);
    deepEqual(
      await Promise.all(
        bundled.map(async (id) => [
          id,
          (await models.pull(id)).status,
          (await models.files(id)).files['model']?.endsWith('model.onnx'),
        ]),
      ),
      [
        ['campplus-zh-en', { state: 'installed', verified: true }, true],
        ['segmentation-3.0', { state: 'installed', verified: true }, true],
        ['turn-encoder', { state: 'installed', verified: true }, true],
      ],
    );
    await rejects(models.remove('campplus-zh-en'), /is part of Earmark/);
  });

  it('has a default recogniser and a default voice detector', () => {
    deepEqual(
      CATALOGUE.filter((e) => e.isDefault).map((e) => [e.id, e.kind, e.files.map((f) => f.role)]),
      [
        ['moonshine-tiny', 'asr', ['encoder', 'decoder']],
        ['silero-vad', 'vad', ['model']],
      ],
    );
  });
});

describe('settings of models', () => {
  const check = (set: Partial<Settings>, expected: unknown): void =>
    deepEqual(modelSettings({ ...DEFAULT_SETTINGS, ...set }), expected);
  it('are what the downloader takes', () => {
    check({}, { offline: false, parallel: 2, limits: {} });
    check(
      {
        'models.mirror': 'https://models.example/hub',
        'models.proxy': 'http://proxy.example:3128',
        'models.offline': true,
        'models.parallel': 3,
      },
      {
        mirror: 'https://models.example/hub',
        proxy: 'http://proxy.example:3128',
        offline: true,
        parallel: 3,
        limits: {},
      },
    );
    check(
      { 'models.maxGigabytes': 2.5, 'models.maxUnusedDays': 30 },
      { offline: false, parallel: 2, limits: { maxBytes: 2.5e9, maxAgeMs: 30 * 86_400_000 } },
    );
  });
});
