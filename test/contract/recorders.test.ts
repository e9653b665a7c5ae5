/**
 * One suite over every recorder module: what is called, what is heard, how it ends. Stand-in
 * programs play the platforms that are not here.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCapture, type DeviceCapture } from '../../daemon/adapters/capture/capture';
import { EarmarkError } from '../../protocol/errors';
import {
  type Behaviour,
  calledWith,
  install,
  isAlive,
  pidOf,
  PLATFORMS,
  RAMP,
  waitFor,
  wasCalled,
} from './recorderHarness';

const recordersFolder = path.join(__dirname, '../../daemon/adapters/capture/recorders');

describe('recorders', function () {
  this.timeout(20_000);
  before(function () {
    if (process.platform === 'win32') this.skip(); // the stand-ins are shell scripts
  });

  for (const fake of PLATFORMS) {
    describe(`${fake.recorder} records the ${fake.source} on ${fake.platform}`, () => {
      let root: string;
      let folder: string;
      let capture: DeviceCapture;
      let count = 0;
      const recorded: number[] = [];
      let ends: Error[] = [];
      const handlers = {
        onData: (pcm: Int16Array) => void recorded.push(...pcm),
        onEnd: (error: Error) => void ends.push(error),
      };

      before(async () => {
        root = await mkdtemp(path.join(tmpdir(), 'earmark-recorder-'));
      });
      beforeEach(() => {
        folder = path.join(root, String(count++));
        recorded.length = 0;
        ends = [];
      });
      afterEach(async () => {
        await capture.dispose();
        if (wasCalled(folder))
          await waitFor('the end of the recorder', () => !isAlive(pidOf(folder)), 3_000);
      });
      after(() => rm(root, { recursive: true, force: true }));

      const given = (behaviour: Behaviour, options: { firstDataMs?: number } = {}): void => {
        install(fake, folder, behaviour);
        capture = createCapture({
          recordersFolder,
          platform: fake.platform,
          release: '23.4.0',
          audiotee: path.join(folder, 'audiotee'),
          env: { PATH: folder, PULSE_SERVER: 'unix:/somewhere' },
          only: [fake.recorder],
          ...options,
        });
      };
      const failure = async (device?: string): Promise<EarmarkError> => {
        const error: unknown = await capture.start(fake.source, device, handlers).then(
          () => undefined,
          (e: unknown) => e,
        );
        ok(error instanceof EarmarkError, String(error));
        match(error.message, /^[^\n]{20,300}\.$/, 'one sentence');
        return error;
      };

      it('lists its devices and hands every sample on, in order', async () => {
        given('records');
        const abilities = await capture.abilities();
        const devices = fake.source === 'mic' ? abilities.microphones : abilities.systems;
        ok(
          devices.some((d) => d.id === fake.device && d.recorder === fake.recorder),
          JSON.stringify(devices),
        );
        const recording = await capture.start(fake.source, fake.device, handlers);
        await waitFor('two rounds of samples', () => recorded.length >= RAMP.length * 2, 5_000);
        deepEqual(recorded.slice(0, RAMP.length * 2), [...RAMP, ...RAMP]);
        deepEqual(
          { source: recording.source, recorder: recording.recorder },
          { source: fake.source, recorder: fake.recorder },
        );
        const args = calledWith(folder);
        deepEqual(
          fake.expectedArgs.filter((arg) => !args.includes(arg)),
          [],
          `missing among ${args.join(' ')}`,
        );
        match(readFileSync(path.join(folder, 'env'), 'utf8'), /^PULSE_SERVER=unix:\/somewhere$/m);
        await recording.stop();
        deepEqual({ alive: isAlive(pidOf(folder)), ends }, { alive: false, ends: [] });
      });

      it('takes the default device when none is named', async () => {
        given('records');
        await capture.start(fake.source, undefined, handlers);
        const args = calledWith(folder);
        deepEqual(
          fake.defaultArgs.filter((arg) => !args.includes(arg)),
          [],
          `missing among ${args.join(' ')}`,
        );
      });

      it('knows which device is not there', async () => {
        given('records');
        const error = await failure('Nobody');
        deepEqual([error.code, wasCalled(folder)], ['audio.deviceNotFound', false]);
        match(error.message, /“Nobody” is not connected.*“/);
      });

      it('says why it does not start', async () => {
        given('complains');
        const error = await failure();
        equal(
          error.code,
          fake.recorder === 'audiotee' ? 'audio.recorderFailed' : 'audio.deviceNotFound',
        );
        match(error.message, /reconnect it|allow Visual Studio Code/i);
      });

      it('tells once that it ended by itself', async () => {
        given('breaks');
        await capture.start(fake.source, undefined, handlers);
        await waitFor('the end', () => ends.length > 0, 3_000);
        const error = ends[0];
        ok(error instanceof EarmarkError && ends.length === 1);
        match(error.code, /^audio\.(deviceNotFound|recorderFailed)$/);
      });

      it('fails when it gives nothing', async () => {
        given('mute', { firstDataMs: 300 });
        const error = await failure();
        equal(error.code, 'audio.recorderFailed');
        match(error.message, /no audio within 0\.3 seconds/);
      });

      it('keeps samples whole when bytes come in odd pieces', async () => {
        given('odd');
        await capture.start(fake.source, undefined, handlers);
        await waitFor('all samples', () => recorded.length >= RAMP.length, 3_000);
        deepEqual(recorded, [...RAMP]);
      });

      it('is ended by force when it does not want to', async () => {
        given('stubborn');
        const recording = await capture.start(fake.source, undefined, handlers);
        const started = performance.now();
        await recording.stop();
        await waitFor('the end', () => !isAlive(pidOf(folder)), 5_000);
        ok(performance.now() - started < 8_000, `${performance.now() - started} ms`);
      });
    });
  }

  describe('nothing to record with', () => {
    const check = async (
      platform: NodeJS.Platform,
      source: 'mic' | 'system',
      message: RegExp,
    ): Promise<void> => {
      const capture = createCapture({
        recordersFolder,
        platform,
        release: '22.0.0',
        env: { PATH: '/nowhere' },
      });
      const { microphones, systems, advice, recorders } = await capture.abilities();
      deepEqual(
        { microphones, systems, available: recorders.filter((r) => r.available) },
        { microphones: [], systems: [], available: [] },
      );
      match(advice.join('\n'), message);
      await rejects(
        capture.start(source, undefined, { onData: () => undefined, onEnd: () => undefined }),
        (e: unknown) => {
          ok(e instanceof EarmarkError && e.code === 'audio.noRecorder');
          match(e.message, message);
          return true;
        },
      );
    };
    it('names the package on Linux', () =>
      check(
        'linux',
        'mic',
        /The microphone cannot be recorded: install the package pulseaudio-utils/,
      ));
    it('names the version on an old macOS', () => check('darwin', 'system', /takes macOS 14\.2/));
    it('names ffmpeg on macOS', () => check('darwin', 'mic', /brew install ffmpeg/));
    it('names ffmpeg on Windows', () => check('win32', 'mic', /winget install/));
    it('says that a platform is not known', () =>
      check('freebsd', 'mic', /Earmark has no recorder/));
  });
});
