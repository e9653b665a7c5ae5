/**
 * A process that records until it is killed: `node captureHost.ts FOLDER_OF_MODULES RECORDER
 * PLATFORM`. Says `recording` when samples come.
 */
import { createCapture } from '../../daemon/adapters/capture/capture';
import type { RecorderName } from '../../daemon/audio/devices';

const [recordersFolder = '', recorder = 'parec', platform = process.platform] =
  process.argv.slice(2);
const capture = createCapture({
  recordersFolder,
  only: [recorder as RecorderName],
  platform: platform as NodeJS.Platform,
});
capture
  .start('mic', undefined, {
    onData: () => undefined,
    onEnd: (error) => console.log(error.message),
  })
  .then(
    () => console.log('recording'),
    (error: Error) => console.log(error.message),
  );
