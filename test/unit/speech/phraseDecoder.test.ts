/**
 * A phrase that gives nothing behind its lead is heard alone; one that gives words is not heard
 * twice; one whose lead gave none brings its words.
 */
import { deepEqual } from 'node:assert/strict';
import type { DecodeRequest, AsrResult } from '../../../daemon/asr/contract/provider';
import { systemClock } from '../../../daemon/base/clock';
import { Drafts } from '../../../daemon/speech/drafts';
import { defaultSessionOptions } from '../../../daemon/session/contract/options';
import { PhraseDecoder } from '../../../daemon/speech/phraseDecoder';
import type { SpeechEngine } from '../../../daemon/asr/contract/engine';
import type { Phrase } from '../../../daemon/vad/contract';

const pcm = new Float32Array(16_000);
const phrase = (id: string, left?: string): Phrase => ({
  id,
  source: 'mic',
  startMs: 0,
  endMs: 1000,
  speechEndMs: 900,
  pcm,
  firstSeq: 0,
  lastSeq: 49,
  cause: 'silence',
  ...(left === undefined ? {} : { left: { id: left, pcm } }),
});

async function decode(
  textOf: (options: DecodeRequest) => string,
): Promise<{ texts: string[]; decodes: number }> {
  const texts: string[] = [];
  let decodes = 0;
  const engine = {
    ready: () => Promise.resolve(),
    decode: (_pcm: Float32Array, options: DecodeRequest): Promise<AsrResult> => {
      decodes++;
      return Promise.resolve({
        text: textOf(options),
        words: [],
        confidence: 1,
        language: 'en',
        inferenceMs: 1,
        tokens: textOf(options) === '' ? [] : [1],
      });
    },
  } as unknown as SpeechEngine;
  const decoder = new PhraseDecoder({
    engine,
    clock: systemClock,
    options: defaultSessionOptions,
    sessionId: 's',
    language: 'en',
    drafts: new Drafts(),
    onOutcome: (_, result) => texts.push(result?.text ?? '–'),
    onUnavailable: () => undefined,
  });
  void decoder.add(phrase('a'));
  void decoder.add(phrase('b', 'a'));
  await decoder.drained();
  return { texts, decodes };
}

describe('phrases behind a lead', () => {
  it('are heard alone where nothing comes of it', async () =>
    deepEqual(await decode(({ context }) => (context?.left ? '' : 'words')), {
      texts: ['words', 'words'],
      decodes: 3,
    }));
  it('are heard once where words come', async () =>
    deepEqual(await decode(({ context }) => (context?.left ? 'more' : 'words')), {
      texts: ['words', 'more'],
      decodes: 2,
    }));
  it('bring what was not heard in the phrase before', async () =>
    deepEqual(
      await decode(({ context }) => (context?.left?.tokens.length === 0 ? 'all of it' : '')),
      {
        texts: ['', 'all of it'],
        decodes: 2,
      },
    ));
  it('stay empty where nothing was said', async () =>
    deepEqual(await decode(() => ''), { texts: ['', ''], decodes: 3 }));
});
