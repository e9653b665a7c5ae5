/**
 * Recorder module: parec, for PulseAudio and PipeWire's PulseAudio server. System audio is a sink's
 * monitor.
 */
import type { RecorderModule } from '../recorderModule';

/** Without this setting the server delivers samples in pieces of up to 2 s. */
const LATENCY_MS = 20;

const parec: RecorderModule = (o) => {
  const device = o.device ?? (o.source === 'system' ? '@DEFAULT_MONITOR@' : undefined);
  return o.supervise({
    program: o.program,
    args: [
      '--record',
      '--raw',
      '--format=s16le',
      `--rate=${o.sampleRate}`,
      `--channels=${o.channels}`,
      // Verbose output reports a move of the stream to another device; see movedStream.ts.
      '--verbose',
      `--latency-msec=${LATENCY_MS}`,
      '--client-name=Earmark',
      '--stream-name=Earmark',
      // Without a device the stream follows the default microphone.
      ...(device === undefined ? [] : [`--device=${device}`]),
    ],
    environment: o.environment,
  });
};
module.exports = parec;
