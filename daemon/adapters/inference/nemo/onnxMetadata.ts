/**
 * The texts that an ONNX file carries beside its graph (`metadata_props`). The graph may have
 * gigabytes and is skipped, not read.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { Reader } from 'protobufjs/minimal';

/** Numbers of the fields in onnx.proto, ModelProto and StringStringEntryProto. */
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;
/** A tag and a length take 20 bytes at most. */
const HEAD_BYTES = 20;
/** Longer entries are none that matter here. */
const MAX_ENTRY_BYTES = 65_536;
const MAX_FIELDS = 10_000;

/** @returns what could be read; nothing where the file is no ONNX file */
export async function readMetadata(path: string): Promise<ReadonlyMap<string, string>> {
  const entries = new Map<string, string>();
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let at = 0;
    for (let fields = 0; at < size && fields < MAX_FIELDS; fields++) {
      const head = Reader.create(await bytesAt(file, at, Math.min(HEAD_BYTES, size - at)));
      const tag = head.uint32();
      if ((tag & 7) !== 2) {
        head.skipType(tag & 7);
        at += head.pos;
        continue;
      }
      const length = lengthOf(head);
      const from = at + head.pos;
      if (tag >>> 3 === METADATA_PROPS && length <= MAX_ENTRY_BYTES) {
        const [key, value] = entryOf(await bytesAt(file, from, length));
        if (key !== undefined) entries.set(key, value ?? '');
      }
      at = from + length;
    }
  } catch {
    // Whether the file is a model is found out when it is opened.
  } finally {
    await file.close();
  }
  return entries;
}

/** Graphs may be longer than 32 bits can say. */
function lengthOf(reader: Reader): number {
  const length = reader.uint64();
  return typeof length === 'number' ? length : length.high * 2 ** 32 + (length.low >>> 0);
}

function entryOf(bytes: Uint8Array): [string | undefined, string | undefined] {
  const reader = Reader.create(bytes);
  let key: string | undefined;
  let value: string | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === KEY) key = reader.string();
    else if (tag >>> 3 === VALUE) value = reader.string();
    else reader.skipType(tag & 7);
  }
  return [key, value];
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  return bytes.subarray(0, bytesRead);
}
