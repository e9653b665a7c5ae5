/** pw-record on a private PipeWire. */
import { deepEqual, fail, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCapture, type DeviceCapture } from '../../daemon/adapters/capture/capture';
import { EarmarkError } from '../../protocol/errors';
import { waitFor } from '../contract/recorderHarness';
import { amplitudeOf, sine, wav } from '../unit/capture/audioBytes';
import { pipewireInstalled, type PipewireServer, startPipewire } from './pipewireServer';

describe('capture with PipeWire', function () {
  this.timeout(30_000);
  let server: PipewireServer;
  let capture: DeviceCapture;

  before(async function () {
    if (!pipewireInstalled()) {
      console.log(
        '    skipped: PipeWire is not installed (on Debian: apt-get install pipewire-bin wireplumber dbus)',
      );
      this.skip();
    }
    server = await startPipewire();
    capture = createCapture({
      recordersFolder: path.join(__dirname, '../../daemon/adapters/capture/recorders'),
      only: ['pw-record'],
      env: server.env,
    });
  });
  after(async () => {
    await capture?.dispose();
    await server?.dispose();
  });

  it('lists devices', async () => {
    const { microphones, systems } = await capture.abilities();
    deepEqual(
      [microphones, systems],
      [
        [{ id: 'test_mic', name: 'Test Microphone', isDefault: true, recorder: 'pw-record' }],
        [{ id: 'test_speakers', name: 'Test Speakers', isDefault: true, recorder: 'pw-record' }],
      ],
    );
  });

  it('hears what the computer plays', async () => {
    const file = path.join(server.env['HOME']!, 'tone.wav');
    writeFileSync(file, wav(48_000, sine(1_000, 48_000), { sampleRate: 48_000 }));
    const recorded: number[] = [];
    const recording = await capture.start('system', undefined, {
      onData: (pcm) => void recorded.push(...pcm),
      onEnd: (error) => fail(error),
    });
    await server.play(file);
    await recording.stop();
    const pcm = Int16Array.from(recorded);
    const best = Math.max(
      ...Array.from({ length: Math.floor(pcm.length / 1_600) - 1 }, (_, i) =>
        amplitudeOf(pcm.subarray(i * 1_600, i * 1_600 + 3_200), 1_000),
      ),
    );
    ok(best > 0.3 && best < 0.6, `amplitude ${best}`);
  });

  it('ends when the microphone is pulled out, instead of hearing the speakers', async () => {
    const ends: Error[] = [];
    await capture.start('mic', undefined, {
      onData: () => undefined,
      onEnd: (error) => void ends.push(error),
    });
    server.unplug('test_mic');
    await waitFor('the end', () => ends.length > 0, 5_000);
    ok(ends[0] instanceof EarmarkError && ends[0].code === 'audio.deviceNotFound', String(ends[0]));
  });
});
