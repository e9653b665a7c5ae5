/**
 * Decodes the bytes of a text file: UTF-8 and UTF-16 with and without a byte order mark,
 * Windows-1252.
 */

/** Number of bytes searched for the zero bytes of UTF-16. */
const PROBE_BYTES = 4_096;
/**
 * In UTF-16 text of a European language, nearly every second byte is zero. Other encodings have no
 * zero bytes.
 */
const ZERO_SHARE = 0.3;

/** @returns undefined if the bytes are not text */
export function decodeText(bytes: Uint8Array): string | undefined {
  const text = decoded(bytes).replace(/^\uFEFF/, '');
  return text.includes('\0') ? undefined : text;
}

function decoded(bytes: Uint8Array): string {
  const encoding = utf16Of(bytes);
  if (encoding !== undefined) return new TextDecoder(encoding).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const probe = bytes.subarray(0, PROBE_BYTES);
  const zeros = [0, 0];
  probe.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]!++;
  });
  const half = probe.length / 2;
  if (zeros[1]! > half * ZERO_SHARE && zeros[0]! < zeros[1]! / 4) return 'utf-16le';
  if (zeros[0]! > half * ZERO_SHARE && zeros[1]! < zeros[0]! / 4) return 'utf-16be';
  return undefined;
}
