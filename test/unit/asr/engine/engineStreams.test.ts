// Streams over the decoders of an engine.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { EngineStreams } from '../../../../daemon/asr/engine/engineStreams';
import type { RecogniserStream } from '../../../../daemon/asr/contract/provider';

const decoder = (answer: 'stream' | 'none' | 'error' = 'stream') => ({
  opened: 0,
  closed: 0,
  openStream(): Promise<RecogniserStream | undefined> {
    if (answer === 'error') return Promise.reject(new Error('gone'));
    if (answer === 'none') {
      this.opened++;
      return Promise.resolve(undefined);
    }
    this.opened++;
    return Promise.resolve({
      push: () => Promise.resolve({ stable: '', unstable: '' }),
      end: () =>
        Promise.resolve({ text: '', words: [], confidence: 0, language: 'en', inferenceMs: 0 }),
      close: () => void this.closed++,
    });
  },
});

describe('streams of an engine', () => {
  it('spread over the decoders, and are limited to four each', async () => {
    const [a, b] = [decoder(), decoder()];
    const streams = new EngineStreams<typeof a>();
    const open = [];
    for (let i = 0; i < 8; i++) open.push(await streams.open([a, b], { language: 'en' }));
    deepEqual([a.opened, b.opened], [4, 4]);
    equal(await streams.open([a, b], { language: 'en' }), undefined);
    await open[0]?.end();
    open[0]?.close();
    equal(a.closed, 0, 'an ended stream is not closed');
    open[2]?.close();
    equal(a.closed, 1);
    for (let i = 0; i < 2; i++) await streams.open([a, b], { language: 'en' });
    equal(await streams.open([a, b], { language: 'en' }), undefined, 'each place was freed once');
    equal(streams.busy(a), true);
  });

  it('ask a model without streams once, and its successor again', async () => {
    const none = decoder('none');
    const streams = new EngineStreams<typeof none>();
    for (let i = 0; i < 3; i++) equal(await streams.open([none], { language: 'en' }), undefined);
    equal(none.opened, 1);
    streams.modelChanged();
    await streams.open([none], { language: 'en' });
    equal(none.opened, 2);
    equal(streams.busy(none), false);
  });

  it('free the place of a stream that fails to open', async () => {
    const broken = decoder('error');
    const streams = new EngineStreams<typeof broken>();
    for (let i = 0; i < 6; i++) await rejects(streams.open([broken], { language: 'en' }), /gone/);
    equal(streams.busy(broken), false);
  });
});
