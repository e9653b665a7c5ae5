/** Recorder module: pw-record, for PipeWire without its PulseAudio server. System audio is what a sink plays. */
import type { RecorderModule } from '../recorderModule';

const pwRecord: RecorderModule = (o) =>
  o.supervise({
    program: o.program,
    args: [
      // PipeWire 1.4 writes a file with a header, which a pipe cannot take, unless told otherwise; older ones know no --raw.
      ...(o.features.includes('raw') ? ['--raw'] : []),
      '--format=s16', `--rate=${o.sampleRate}`, `--channels=${o.channels}`, '--latency=20ms',
      ...(o.source === 'system' ? ['--properties={ stream.capture.sink = true }'] : []),
      ...(o.device === undefined ? [] : [`--target=${o.device}`]),
      '-',
    ],
    environment: o.environment,
  });
module.exports = pwRecord;
