/** Samples: bytes, mixing, 16 bits. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { SampleReader, stretched, toFloat32, toInt16 } from '../../../daemon/audio/pcm';

describe('pcm', () => {
  it('reads the same samples however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 }),
        (bytes, cuts) => {
          const reader = new SampleReader();
          const got: number[] = [];
          let at = 0;
          for (const cut of [...cuts, bytes.length]) {
            got.push(...reader.push(bytes.subarray(at, at + cut)));
            at = Math.min(bytes.length, at + cut);
          }
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          const expected = Array.from({ length: bytes.length >> 1 }, (_, i) =>
            view.getInt16(i * 2, true),
          );
          deepEqual(
            { got, pending: reader.pendingBytes },
            { got: expected, pending: bytes.length & 1 },
          );
        },
      ),
    );
  });

  it('gives the same sound over another time', () => {
    const tone = (count: number, hertz: number): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / 16_000));
    const slow = stretched(tone(9_000, 1_000), 10 / 9);
    const expected = tone(10_000, 900);
    // The last sample is held where nothing follows it.
    ok(slow.subarray(0, 9_990).every((sample, i) => Math.abs(sample - expected[i]!) < 0.01));
    equal(slow.length, 10_000);
    deepEqual([...stretched(Float32Array.of(0.5, -0.5, 0.25), 1)], [0.5, -0.5, 0.25]);
    deepEqual([...stretched(Float32Array.of(1), 3)], [1, 1, 1]);
    equal(stretched(new Float32Array(0), 2).length, 0);
  });

  it('limits instead of wrapping, and makes nothing of NaN', () => {
    deepEqual(
      [...toInt16(Float32Array.of(0, 1, -1, 1.5, -1.5, 0.5, NaN))],
      [0, 32767, -32768, 32767, -32768, 16384, 0],
    );
  });

  it('gives 16-bit samples back bit by bit', () => {
    const all = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    deepEqual(toInt16(toFloat32(all)), all);
    const asymmetric = Float32Array.from(all, (v) => (v < 0 ? v / 32_768 : v / 32_767));
    deepEqual(toInt16(asymmetric, { negative: 32_768, positive: 32_767 }), all);
  });
});
