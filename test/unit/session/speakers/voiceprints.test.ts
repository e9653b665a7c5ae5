/** Voiceprints of an earlier speaker encoder are kept, marked, and compared with nothing. */
import { deepEqual, equal } from 'node:assert/strict';
import { ManualClock } from '../../../../daemon/base/clock';
import { EMBEDDING_WIDTH } from '../../../../daemon/diarization/contract';
import type { StoredVoice, VoiceStore } from '../../../../daemon/session/contract/voices';
import { Voiceprints } from '../../../../daemon/session/speakers/voiceprints';

const OLD_WIDTH = 256;

function storedVoice(name: string, width: number): StoredVoice {
  return {
    name,
    sessionId: `of ${name}`,
    keptMs: 1_000,
    speechMs: 12_000,
    centre: new Float32Array(width).fill(width ** -0.5),
  };
}

async function make(
  ...stored: readonly StoredVoice[]
): Promise<{ readonly voices: Voiceprints; readonly all: () => readonly StoredVoice[] }> {
  let all = [...stored];
  const store = {
    voices: () => Promise.resolve(all),
    keepVoice: (voice: StoredVoice) => Promise.resolve(void all.push(voice)),
    forgetVoices: (_owner: string | undefined, name?: string) =>
      Promise.resolve(void (all = all.filter((one) => one.name !== name))),
  } as unknown as VoiceStore;
  const voices = new Voiceprints({
    store,
    clock: new ManualClock(),
    speaker: () =>
      Promise.resolve({
        name: 'Anna',
        live: [
          {
            id: 'file-1',
            source: 'file' as const,
            centre: new Float32Array(EMBEDDING_WIDTH).fill(EMBEDDING_WIDTH ** -0.5),
            ms: 12_000,
          },
        ],
      }),
  });
  await voices.refresh();
  return { voices, all: () => all };
}

describe('Voiceprints of an earlier speaker encoder', () => {
  it('stay, are marked, and are compared with nothing', async () => {
    const { voices } = await make(
      storedVoice('Anna', OLD_WIDTH),
      storedVoice('Ben', EMBEDDING_WIDTH),
    );
    deepEqual(
      (await voices.people(undefined)).map(({ name, enrolAgain }) => [name, enrolAgain]),
      [
        ['Anna', true],
        ['Ben', false],
      ],
    );
    deepEqual(
      voices.of(undefined).map(({ name }) => name),
      ['Ben'],
    );
  });
  it('are offered again to the person, and renewed by consent', async () => {
    const { voices, all } = await make(storedVoice('Anna', OLD_WIDTH));
    equal(await voices.standing('s', 'file-1', undefined), 'offered');
    await voices.keep('s', 'file-1', undefined);
    deepEqual(
      [all().map(({ centre }) => centre.length), await voices.standing('s', 'file-1', undefined)],
      [[EMBEDDING_WIDTH], 'kept'],
    );
  });
});
