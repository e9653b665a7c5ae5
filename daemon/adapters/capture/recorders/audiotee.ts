/**
 * Recorder module: audiotee, system audio of macOS 14.2 and newer by a Core Audio tap. Its output
 * is mono; a given rate makes it 16-bit.
 */
import type { RecorderModule } from '../recorderModule';

const audiotee: RecorderModule = (o) =>
  o.supervise({
    program: o.program,
    args: ['--sample-rate', String(o.sampleRate), '--chunk-duration', '0.05'],
    environment: o.environment,
  });
module.exports = audiotee;
