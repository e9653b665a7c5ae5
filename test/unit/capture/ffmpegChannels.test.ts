import { ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeAudioFile } from '../../../daemon/adapters/capture/audioFile';
import { skip } from '../../../testing/harness/skip';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;

describe('channels of a file that ffmpeg decodes', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'earmark-channels-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Peak of the mixed track, of a tone with amplitude 0.5 (16,384). */
  const check = (title: string, layout: string, pan: string): void =>
    void it(title, async function () {
      if (!hasFfmpeg) return skip(this, 'ffmpeg is not installed');
      // Matroska with PCM: an exact recording of a kind that only ffmpeg reads.
      const file = path.join(folder, `${title.replace(/\W+/g, '-')}.mka`);
      const tone = 'aevalsrc=0.5*sin(440*2*PI*t):s=16000:d=1';
      const made = spawnSync('ffmpeg', [
        ...['-v', 'error', '-f', 'lavfi', '-i', tone],
        ...['-af', `pan=${layout}|${pan}`, '-c:a', 'pcm_s16le', '-y', file],
      ]);
      ok(made.status === 0, String(made.stderr));
      const { tracks } = await decodeAudioFile(file);
      const peak = tracks[0]!.pcm.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      ok(tracks.length === 1 && peak > 16_000 && peak < 16_800, `peak ${peak}, expected 16,384`);
    });

  check('keeps an inverted pair', 'stereo', 'c0=c0|c1=-1*c0');
  check('keeps the level of one channel of two', 'stereo', 'c0=0*c0|c1=c0');
  check(
    'keeps the level of one channel of six',
    '5.1',
    'FL=0*c0|FR=0*c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0',
  );
});
