/** Recorder module: arecord, for ALSA without a sound server. Microphones only. */
import type { RecorderModule } from '../recorderModule';

const arecord: RecorderModule = (o) =>
  o.supervise({
    program: o.program,
    args: [
      '-q',
      '-D',
      o.device ?? 'default',
      '-t',
      'raw',
      '-f',
      'S16_LE',
      '-r',
      String(o.sampleRate),
      '-c',
      String(o.channels),
      // Microseconds: a buffer of 500 ms survives a busy machine, a period of 20 ms is one frame.
      '--buffer-time=500000',
      '--period-time=20000',
    ],
    environment: o.environment,
  });
module.exports = arecord;
