/**
 * Recorder module: pw-record, for PipeWire without its PulseAudio server. System audio is what a
 * sink plays.
 */
import type { RecorderModule } from '../recorderModule';

const pwRecord: RecorderModule = (o) => {
  const properties = [
    // Without it, two identical channels are 3 dB too loud as one, and clip.
    'channelmix.normalize = true',
    'application.name = Earmark',
    ...(o.source === 'system' ? ['stream.capture.sink = true'] : []),
    // After an unplugged microphone, WirePlumber would link the stream to the speakers.
    ...(o.device === undefined ? [] : ['node.dont-reconnect = true']),
  ];
  return o.supervise({
    program: o.program,
    args: [
      // PipeWire 1.4 writes a file with a header by default, which a pipe cannot take. Older
      // versions do not know --raw.
      ...(o.features.includes('raw') ? ['--raw'] : []),
      '--format=s16',
      `--rate=${o.sampleRate}`,
      `--channels=${o.channels}`,
      '--latency=20ms',
      `--properties={ ${properties.join(', ')} }`,
      ...(o.device === undefined ? [] : [`--target=${o.device}`]),
      '-',
    ],
    environment: o.environment,
  });
};
module.exports = pwRecord;
