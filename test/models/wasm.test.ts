/**
 * Recognition where ONNX Runtime has no native binary: the same words through WASM, as Macs with
 * Intel processors have it.
 */
import { ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pooledWer } from '../../testing/scoring/wordErrors';
import { readChannel } from '../../testing/processes/audioDevices';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
/** Bytes of 16 kHz mono s16le: the first 25 s of what the others say in the shipped meeting. */
const BYTES = 25 * 32_000;

describe('recognition in WASM', function () {
  this.timeout(120_000);
  const homes: string[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'earmark-wasm-'));
  const audio = path.join(folder, 'others.wav');
  before(async function () {
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !existsSync(models))
      skip(this, 'no models: run it with "npm run test:models"');
    if (!existsSync(path.join(root, 'node_modules/onnxruntime-web')))
      skip(this, 'onnxruntime-web is not installed: run npm run setup');
    writeFileSync(
      audio,
      wav((await readChannel(path.join(root, 'demo/standup.flac'), 'right')).subarray(0, BYTES)),
    );
  });
  after(() => [folder, ...homes].forEach((home) => rmSync(home, { recursive: true, force: true })));

  function transcribe(env: NodeJS.ProcessEnv): string {
    const home = mkdtempSync(path.join(tmpdir(), 'earmark-wasm-'));
    homes.push(home);
    const all = { ...process.env, ...env, EARMARK_HOME: home };
    const cli = (...args: string[]) =>
      execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), ...args], {
        cwd: root,
        env: all,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const text = cli('transcribe', audio);
    cli('daemon', 'stop');
    return text;
  }

  it('hears what the native runtime hears', function () {
    // Where WASM takes about 0.3 of the audio's time, some doubtful texts get no second decode
    // (asr/decoding/slowedRedecode.ts) and differ. The machine decides which; a try has them all.
    this.retries(4);
    const [native, wasm] = [transcribe({}), transcribe({ EARMARK_ORT: 'wasm' })];
    ok(native.split(/\s+/).length > 30, native);
    const differ = pooledWer([{ reference: native, hypothesis: wasm }]);
    console.log(`      ${differ.toFixed(1)} % of the words differ`);
    ok(differ <= 10, wasm);
  });
});

function wav(pcm: Buffer): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + pcm.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(16_000, 24);
  head.writeUInt32LE(32_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([head, pcm]);
}
