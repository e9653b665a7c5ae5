/** The consent names where the audio goes: this machine, or the remote daemon of the settings. */
import { deepEqual, match, ok } from 'node:assert/strict';
import { consentWording, hostOf } from '../../../extension/meeting/consentWording';

const here = (purpose: 'meeting' | 'dictation') => consentWording(purpose, '').join('\n');
const there = (purpose: 'meeting' | 'dictation', url: string) =>
  consentWording(purpose, url).join('\n');

describe('wording of the consent', () => {
  it('says that everything stays here only where that is true', () => {
    match(here('meeting'), /stay on this machine/);
    match(here('dictation'), /on this machine/);
    for (const purpose of ['meeting', 'dictation'] as const) {
      const wording = there(purpose, 'wss://gpu.example:7443');
      match(wording, /sent to gpu\.example:7443/);
      ok(!/stay on this machine|transcribed on this machine/.test(wording), wording);
    }
  });

  it('is another wording for another destination', () => {
    const wordings = ['', 'wss://gpu.example:7443', 'wss://other.example:7443'].map((url) =>
      there('meeting', url),
    );
    deepEqual(new Set(wordings).size, 3);
  });

  it('names no secret of an address', () =>
    deepEqual(['wss://ann:secret@gpu.example:7443/path?key=secret', 'gpu', ' '].map(hostOf), [
      'gpu.example:7443',
      'gpu',
      '',
    ]));
});
