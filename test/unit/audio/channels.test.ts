/** Channels to one, and quiet recordings raised. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { AudioFile } from '../../../daemon/audio/audioFile';
import { ChannelMixer } from '../../../daemon/audio/channelMixer';
import { raiseQuiet } from '../../../daemon/audio/levels/quietAudio';

const RATE = 16_000;
const tone = (level: number, samples = RATE): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => level * Math.sin(i / 5));
const peak = (samples: ArrayLike<number>): number =>
  Array.from(samples).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const near = (got: number, right: number): void =>
  ok(Math.abs(got - right) < 0.02, `${got}, right ${right}`);

describe('channel mixer', () => {
  it('keeps full scale on all channels from clipping', () =>
    near(peak(new ChannelMixer().mix(Array.from({ length: 8 }, () => tone(1)))), 1));
  it('keeps the level of the one channel of six with speech', () => {
    const silent = Array.from({ length: 5 }, () => tone(0));
    near(peak(new ChannelMixer().mix([...silent.slice(0, 2), tone(0.5), ...silent.slice(2)])), 0.5);
  });
  it('turns an inverted channel', () => {
    const speech = tone(0.5);
    near(peak(new ChannelMixer().mix([speech, speech.map((x) => -x)])), 0.5);
  });
  it('loses nobody who speaks on a channel of their own', () => {
    const [first, second] = [tone(0.5), tone(0.25)];
    first.fill(0, RATE / 2);
    second.fill(0, 0, RATE / 2);
    const out = new ChannelMixer().mix([first, second]);
    ok(peak(out.subarray(RATE / 2)) > 0.18, String(peak(out.subarray(RATE / 2))));
  });
  it('hands one channel through', () => {
    const only = tone(1);
    equal(new ChannelMixer().mix([only]), only);
    equal(new ChannelMixer().mix([]).length, 0);
  });
});

describe('quiet recordings', () => {
  const file = (level: number, noise = 0): AudioFile => ({
    codec: 'wav',
    sampleRate: RATE,
    channels: 1,
    sources: ['file'],
    declaredMs: 2_000,
    diagnostics: [],
    async *blocks() {
      yield await Promise.resolve([
        Int16Array.from({ length: 2 * RATE }, (_, i) =>
          Math.round((i % RATE < RATE / 2 ? level : noise) * 32_767 * Math.sin(i / 5)),
        ),
      ]);
    },
  });
  const raised = async (audio: AudioFile): Promise<{ peak: number; said: string[] }> => {
    const made = await raiseQuiet(() => Promise.resolve(audio), 'a.wav');
    let most = 0;
    for await (const block of made.blocks()) most = Math.max(most, peak(block[0] ?? []));
    return { peak: most / 32_767, said: made.diagnostics.map(({ message }) => message) };
  };
  it('are raised to the level of speech, which is said', async () => {
    const { peak: level, said } = await raised(file(0.002));
    near(level, 0.07);
    deepEqual(said, ['a.wav is quiet; it was raised by 31 dB.']);
  });
  it('others stay as they are', async () => {
    const { peak: level, said } = await raised(file(0.3));
    near(level, 0.3);
    deepEqual(said, []);
  });
  it('noise and silence are not raised', async () => {
    for (const audio of [file(0.002, 0.002), file(0)]) deepEqual((await raised(audio)).said, []);
  });
});
