/**
 * Recorder module: sox, if no better recorder is installed. Microphones only; the device is
 * `driver:name`.
 */
import type { RecorderModule } from '../recorderModule';

/** Bytes; the default of 8192 is a quarter of a second. 1280 is 40 ms; the minimum of sox is 17. */
const BUFFER_BYTES = 1_280;

const sox: RecorderModule = (o) => {
  const [driver = 'default', ...name] = (o.device ?? 'default').split(':');
  const input =
    driver === 'default' ? ['--default-device'] : ['-t', driver, name.join(':') || 'default'];
  return o.supervise({
    program: o.program,
    args: [
      '--no-show-progress',
      '--buffer',
      String(BUFFER_BYTES),
      ...input,
      '-t',
      'raw',
      '-e',
      'signed-integer',
      '-b',
      '16',
      '-L',
      '-r',
      String(o.sampleRate),
      '-c',
      String(o.channels),
      '-',
    ],
    environment: o.environment,
  });
};
module.exports = sox;
