/** Header of a WAV file with our audio: 16 kHz, mono, s16le. */
import { SAMPLE_RATE } from './frame';

export const WAV_HEADER_BYTES = 44;

/**
 * Microsoft, Multiple Channel Audio Data and WAVE Files.
 * @param bytes size of the audio
 */
export function wavHeader(bytes: number): Buffer {
  const head = Buffer.alloc(WAV_HEADER_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes, 40);
  return head;
}
