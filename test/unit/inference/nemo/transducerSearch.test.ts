// The greedy search of a transducer over a network that is written out, and what goes with it:
// words, the vocabulary, file layouts, sizes of streaming models.
import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import type { InferenceSession } from 'onnxruntime-node';
import { ctcTokens } from '../../../../daemon/adapters/inference/nemo/ctcSearch';
import { nemoModelsIn } from '../../../../daemon/models/nemoFiles';
import { LogMel, featuresOf } from '../../../../daemon/adapters/inference/nemo/logMel';
import { cacheSizes } from '../../../../daemon/adapters/inference/nemo/streamingSizes';
import {
  type EncoderFrames,
  type TransducerNetwork,
  TransducerSearch,
} from '../../../../daemon/adapters/inference/nemo/transducerSearch';
import { Vocabulary } from '../../../../daemon/adapters/inference/nemo/vocabulary';
import { timedWords, wordsOf } from '../../../../daemon/adapters/inference/nemo/words';
import { PhraseBias, TokenizedWords } from '../../../../daemon/asr/decoding/phraseBias';

const BLANK = 3;
/** Every channel of frame t is t. */
const frames = (length: number, from = 0): EncoderFrames => ({
  data: Float32Array.from({ length }, (_, t) => from + t),
  channels: 1,
  columns: length,
  length,
});
/** Scores where `token` and `duration` win. */
function scores(token: number, duration?: number): Float32Array {
  const values = new Float32Array(BLANK + 1 + (duration === undefined ? 0 : 5));
  values[token] = 9;
  if (duration !== undefined) values[BLANK + 1 + duration] = 9;
  return values;
}

/** The state is the list of tokens so far. */
function network(
  joint: (t: number, before: readonly number[]) => Float32Array,
  durations: readonly number[] = [],
): TransducerNetwork<readonly number[]> & { readonly starts: () => number } {
  let starts = 0;
  return {
    blank: BLANK,
    durations,
    start: () => {
      starts++;
      return Promise.resolve([]);
    },
    after: (state, token) => Promise.resolve([...state, token]),
    joint: ([t = 0], state) => Promise.resolve(joint(t, state)),
    starts: () => starts,
  };
}

const chosen = (
  search: TransducerSearch<readonly number[]>,
): (readonly [number, number, number])[] =>
  search.tokens.map(({ id, frame, duration }) => [id, frame, duration] as const);

describe('transducer search', () => {
  it('leaves the state as it is on a blank, and starts behind the blank', async () => {
    const seen: (readonly number[])[] = [];
    const search = new TransducerSearch(
      network((t, before) => {
        seen.push(before);
        return scores(t === 1 && before.length === 0 ? 0 : BLANK);
      }),
    );
    await search.feed(frames(3));
    deepEqual([chosen(search), seen], [[[0, 1, 1]], [[], [], [0], [0]]]);
  });

  it('takes several tokens of a frame, ten at most', async () => {
    const search = new TransducerSearch(network((t) => scores(t === 0 ? 1 : BLANK)));
    await search.feed(frames(2));
    equal(search.tokens.length, 10);
  });

  it('goes on by durations, over the seam of two pieces, and by one on a blank with none', async () => {
    const asked: number[] = [];
    const search = new TransducerSearch(
      network(
        (t) => {
          asked.push(t);
          return t === 0 ? scores(0, 4) : t === 4 ? scores(BLANK, 0) : scores(1, 2);
        },
        [0, 1, 2, 3, 4],
      ),
    );
    await search.feed(frames(3));
    await search.feed(frames(5, 3));
    deepEqual(
      [asked, chosen(search)],
      [
        [0, 4, 5, 7],
        [
          [0, 0, 4],
          [1, 5, 2],
          [1, 7, 2],
        ],
      ],
    );
  });

  it('counts the probability among tokens and blank alone', async () => {
    const search = new TransducerSearch(
      network(
        (t) => (t === 0 ? Float32Array.of(2, 2, -90, -90, 0, 9, 0, 0, 0) : scores(BLANK, 1)),
        [0, 1, 2, 3, 4],
      ),
    );
    await search.feed(frames(2));
    equal(search.tokens[0]?.logProb.toFixed(6), Math.log(0.5).toFixed(6));
  });

  it('begins anew where the blank goes on for too long', async () => {
    // Behind a token this decoder knows the blank alone.
    const net = network((t, before) => scores(before.length === 0 && t % 10 === 0 ? 2 : BLANK));
    const search = new TransducerSearch(net, { stuckFrames: 5 });
    await search.feed(frames(30));
    deepEqual([chosen(search).map(([, frame]) => frame), net.starts()], [[0, 10, 20], 4]);
    const stuck = new TransducerSearch(net, { stuckFrames: 1_000 });
    await stuck.feed(frames(30));
    deepEqual(
      chosen(stuck).map(([, frame]) => frame),
      [0],
    );
  });

  it('can be cancelled between two steps', async () => {
    const abort = new AbortController();
    const search = new TransducerSearch(
      network((t) => {
        if (t === 5) abort.abort();
        return scores(BLANK);
      }),
    );
    await rejects(search.feed(frames(50), abort.signal), { code: 'rpc.cancelled' });
  });

  it('leans towards a phrase, and never takes a blank away', async () => {
    const words = new Vocabulary('▁ci 0\n▁cy 1\nlo 2\n<blk> 3\n');
    const bias = new PhraseBias(
      ['cylo'],
      new TokenizedWords({ ...words, vocabById: words.vocabById, encode: () => [1, 2] }),
    );
    const joint = (t: number, before: readonly number[]): Float32Array => {
      const values = new Float32Array(4);
      if (t === 0 && before.length === 0) values.set([5, 4.8, 0, 0]);
      else if (t === 1 && before.length === 1) values.set([0, 0, 4, 3]);
      else values.set([0, 4.9, 4.9, 5]);
      return values;
    };
    const [plain, leaning] = [{}, { bias }].map(
      (options) => new TransducerSearch(network(joint), options),
    );
    await plain!.feed(frames(3));
    await leaning!.feed(frames(3));
    deepEqual(
      [plain!, leaning!].map((search) => search.tokens.map(({ id }) => id)),
      [
        [0, 2],
        [1, 2],
      ],
    );
  });
});

describe('CTC search', () => {
  it('makes one token of repeats, and two where a blank lies between', () => {
    const rows = [0, 0, 3, 0, 1, 1, 3].flatMap((best) => [...scores(best)]);
    deepEqual(
      ctcTokens(Float32Array.from(rows), 4, 7).map(({ id, frame }) => [id, frame]),
      [
        [0, 0],
        [0, 3],
        [1, 4],
      ],
    );
  });
});

describe('words of tokens', () => {
  const vocabulary = new Vocabulary(
    ['<unk>', '▁hel', 'lo', '▁', '.', '▁Jo', 'é', '▁,', '<0xC3>', '<0xA9>', '<blk>']
      .map((piece, i) => `${piece} ${i}\n`)
      .join(''),
  );
  const token = (id: number, frame: number, duration = 1) => ({ id, frame, duration, logProb: 0 });

  it('joins marks to the word before, at its end where durations tell it', () => {
    const tokens = [
      token(1, 2, 3),
      token(2, 6, 2),
      token(4, 20, 1),
      token(5, 21, 1),
      token(6, 23, 2),
    ];
    deepEqual(
      [true, false].map((durations) =>
        wordsOf(tokens, vocabulary, durations).map(({ text, start, end }) => [text, start, end]),
      ),
      [
        [
          ['hello.', 2, 8],
          ['Joé', 21, 25],
        ],
        [
          ['hello.', 2, 21],
          ['Joé', 21, 25],
        ],
      ],
    );
  });

  it('puts bytes together, and leaves out marks of the model', () => {
    equal(vocabulary.text([0, 5, 8, 9, 7]), 'Joé ,');
    deepEqual([vocabulary.blank, vocabulary.multilingual], [10, true]);
  });

  it('keeps words in order and inside the audio', () => {
    const words = wordsOf([token(1, 0, 2), token(5, 1, 90)], vocabulary, true);
    deepEqual(
      timedWords(words, 80, -40, 300).map(({ text, startMs, endMs }) => [text, startMs, endMs]),
      [
        ['hel', 0, 120],
        ['Jo', 120, 300],
      ],
    );
  });

  it('encodes text as sentence pieces are learnt', () => {
    const pieces = ['<unk>', '▁t', 'he', '▁the', '▁', 't', 'h', 'e', 'r', '<blk>'];
    const learnt = new Vocabulary(pieces.map((piece, i) => `${piece} ${i}\n`).join(''));
    deepEqual([learnt.encode('there'), learnt.encode('thé')], [[3, 8, 7], []]);
  });

  it('refuses a file that is no vocabulary', () => {
    for (const text of ['', 'one line', 'a 1\nb 2\n', 'a 0\nb 0\n'])
      throws(() => new Vocabulary(text), { code: 'model.corrupt' });
  });
});

describe('layouts of NeMo files', () => {
  const roles = (...names: string[]) =>
    nemoModelsIn(names).map(({ precision, roles: found }) => [precision, Object.keys(found)]);

  it('finds models in the folders of both publishers, float first', () => {
    deepEqual(
      [
        roles(
          'encoder-model.int8.onnx',
          'decoder_joint-model.int8.onnx',
          'vocab.txt',
          'config.json',
        ),
        roles(
          'encoder.onnx',
          'decoder.onnx',
          'joiner.onnx',
          'tokens.txt',
          'encoder.int8.onnx',
          'decoder.int8.onnx',
          'joiner.int8.onnx',
        ),
        roles('model.onnx', 'tokens.txt'),
        roles('encoder.onnx', 'decoder.onnx', 'tokens.txt'),
        roles('model.onnx'),
      ],
      [
        [['int8', ['encoder', 'decoderJoint', 'vocabulary', 'config']]],
        [
          ['float', ['encoder', 'decoder', 'joiner', 'vocabulary']],
          ['int8', ['encoder', 'decoder', 'joiner', 'vocabulary']],
        ],
        [['float', ['ctc', 'vocabulary']]],
        [],
        [],
      ],
    );
  });

  it('takes the encoder of 560 ms, or the next to it', () => {
    const encoder = (...latencies: number[]) =>
      nemoModelsIn([
        ...latencies.map((ms) => `${ms}/encoder.onnx`),
        'decoder.onnx',
        'joiner.onnx',
        'tokens.txt',
      ])[0]?.roles.encoder;
    deepEqual([encoder(80, 560, 1120), encoder(1120, 80)], ['560/encoder.onnx', '80/encoder.onnx']);
  });
});

describe('sizes of a streaming encoder', () => {
  const session = (channel: (number | string)[], time: (number | string)[]) =>
    ({
      inputMetadata: [
        { name: 'cache_last_channel', isTensor: true, type: 'float32', shape: channel },
        { name: 'cache_last_time', isTensor: true, type: 'float32', shape: time },
      ],
    }) as unknown as InferenceSession;
  const facts: Readonly<Record<string, number>> = {
    window_size: 65,
    chunk_shift: 56,
    cache_last_channel_dim1: 24,
    cache_last_channel_dim2: 70,
    cache_last_channel_dim3: 1024,
    cache_last_time_dim1: 24,
    cache_last_time_dim2: 1024,
    cache_last_time_dim3: 8,
  };

  it('has the streams first or second, as the graph declares it', () => {
    const sizes = (channel: (number | string)[], time: (number | string)[]) => {
      const { channel: c, time: t } = cacheSizes(session(channel, time), (key) => facts[key]);
      return [c, t];
    };
    deepEqual(
      [
        sizes(['batch', 24, 'cache', 1024], ['batch', 24, 1024, 'cache']),
        sizes([24, 'batch', 70, 1024], [24, 'batch', 1024, 8]),
        sizes([24, 1, 70, 1024], [24, 1, 1024, 8]),
      ],
      [
        [
          [1, 24, 70, 1024],
          [1, 24, 1024, 8],
        ],
        [
          [24, 1, 70, 1024],
          [24, 1, 1024, 8],
        ],
        [
          [24, 1, 70, 1024],
          [24, 1, 1024, 8],
        ],
      ],
    );
  });

  it('refuses a file without them', () => {
    throws(() => cacheSizes(session([1, 2, 3, 4], [1, 2, 3, 4]), () => undefined), {
      code: 'model.incompatible',
    });
  });
});

describe('log-mel features', () => {
  const tone = Float32Array.from({ length: 16_000 }, (_, i) => 0.1 * Math.sin(i / 3));

  it('are the same from pieces as from the whole', () => {
    const mel = new LogMel(80);
    const columns: Float32Array[] = [];
    for (let at = 0; at < tone.length; at += 333)
      columns.push(...mel.push(tone.subarray(at, at + 333)));
    columns.push(...mel.end());
    const whole = featuresOf(tone, 80, false);
    deepEqual(
      columns.map((column) => column[17]),
      [...whole.data.subarray(17 * whole.columns, 18 * whole.columns)],
    );
  });

  it('have one column for each 10 ms and one of zeros', () => {
    deepEqual(
      [0, 159, 160, 800, 3_200].map((samples) => {
        const { columns, length, data } = featuresOf(tone.subarray(0, samples), 80, true);
        return [columns, length, data.every(Number.isFinite)];
      }),
      [
        [1, 0, true],
        [1, 0, true],
        [2, 1, true],
        [6, 5, true],
        [21, 20, true],
      ],
    );
  });
});
