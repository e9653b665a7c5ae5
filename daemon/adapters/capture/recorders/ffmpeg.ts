/**
 * Recorder module: ffmpeg, microphones of macOS (AVFoundation) and every input of Windows
 * (DirectShow).
 */
import type { RecorderModule } from '../recorderModule';

const ffmpeg: RecorderModule = (o) => {
  // DirectShow has no default device; its default buffer is half a second.
  const input =
    o.platform === 'win32'
      ? ['-f', 'dshow', '-audio_buffer_size', '50', '-i', `audio=${o.device ?? ''}`]
      : ['-f', 'avfoundation', '-i', `:${o.device ?? 'default'}`];
  return o.supervise({
    program: o.program,
    args: [
      '-hide_banner',
      '-nostdin',
      '-loglevel',
      'error',
      '-fflags',
      'nobuffer',
      ...input,
      '-ac',
      String(o.channels),
      '-ar',
      String(o.sampleRate),
      '-f',
      's16le',
      '-flush_packets',
      '1',
      'pipe:1',
    ],
    environment: o.environment,
  });
};
module.exports = ffmpeg;
