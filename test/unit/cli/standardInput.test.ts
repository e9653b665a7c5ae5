/** A recording on standard input is copied up to a limit, and nothing is kept beyond it. */
import { deepEqual, rejects } from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { standardInputFile } from '../../../daemon/cli/standardInput';

describe('standard input as a recording', () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'earmark-standard-input-'));
  const { signal } = new AbortController();
  after(() => rmSync(parent, { recursive: true, force: true }));

  it('is copied into a file that only its owner can read, and removed afterwards', async () => {
    const input = Readable.from([Buffer.from('abc'), Buffer.from('def')]);
    const { file, dispose } = await standardInputFile(signal, input, { maxBytes: 6, parent });
    deepEqual(readFileSync(file, 'utf8'), 'abcdef');
    if (process.platform !== 'win32') deepEqual(statSync(file).mode & 0o777, 0o600);
    await dispose();
    deepEqual(readdirSync(parent), []);
  });
  it('ends with a sentence at the limit, even if it never ends, and keeps nothing', async () => {
    let read = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          read += 1_000_000;
          yield Buffer.alloc(1_000_000);
        }
      })(),
    );
    await rejects(standardInputFile(signal, endless, { maxBytes: 5_000_000, parent }), {
      code: 'audio.unreadable',
      message:
        'Standard input is larger than 5.0 MB; transcribe it in parts, or save it into a file first.',
    });
    deepEqual([readdirSync(parent), read < 100_000_000], [[], true]);
  });
  it('says that the disk is full', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const input = new Readable({ read: (): void => void input.destroy(full) });
    await rejects(standardInputFile(signal, input, { parent }), /There is no space left in /);
    deepEqual(readdirSync(parent), []);
  });
});
