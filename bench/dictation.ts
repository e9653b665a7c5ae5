/**
 * Dictation with symbols: the items beside the repository from their audio and from the exact
 * words, plain Moonshine beside it, and the items of test/fixtures/dictation from the words. Usage:
 * `npm run bench -- dictation [--items]`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openCmuDictionary } from '../daemon/adapters/dictionary/cmuDictionary';
import { COMMAND_PHRASES } from '../daemon/dictation/commands';
import { Pronouncer } from '../daemon/dictation/pronounce';
import { SymbolSpeller } from '../daemon/dictation/respell';
import { writeDictation } from '../daemon/dictation/writer';
import { fileSegmenterOptions } from '../daemon/vad/segmenter';
import {
  type DictationItem,
  type DictationScore,
  scoreDictation,
} from '../testing/scoring/dictationScore';
import { otherNames } from './otherNames';
import { reportResults, type Metric, type Row } from './report';
import {
  type FileRecogniser,
  SHARED,
  type SpeechModels,
  findModels,
  leaning,
  libriUtterances,
  makeEngine,
  readAudio,
  textOf,
  transcribe,
} from '../testing/harness/speechPath';
import { normaliseWords, pooledWer, wordErrors } from '../testing/scoring/wordErrors';

const FOLDER = join(SHARED, 'data', 'dictation');
const OWN = resolve(__dirname, '../test/fixtures/dictation/items.json');

function load(file: string): DictationItem[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { items: DictationItem[] }).items;
}

type Texts = (item: DictationItem) => string;

/** Rows and metrics so far, and the spellers of the items. */
class DictationBench {
  readonly rows: Row[] = [];
  readonly metrics: Record<string, Metric> = {};
  readonly others = otherNames();
  readonly pronouncer = new Pronouncer(openCmuDictionary());
  slowestMs = 0;
  private readonly spellers = new Map<string, SymbolSpeller>();

  /** @param showItems print each item whose text differs */
  constructor(private readonly showItems: boolean) {}

  /** @param crowd add the names of other code to those of the item */
  speller({ id, symbols }: DictationItem, crowd: boolean): SymbolSpeller {
    const key = `${id} ${crowd}`;
    const made =
      this.spellers.get(key) ??
      new SymbolSpeller(crowd ? [...symbols, ...this.others] : symbols, this.pronouncer);
    this.spellers.set(key, made);
    return made;
  }

  write(item: DictationItem, raw: string, crowd = false): string {
    const ready = this.speller(item, crowd);
    const begun = performance.now();
    const { text } = writeDictation(raw, ready);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
    return text;
  }

  add(name: string, score: DictationScore): DictationScore {
    this.rows.push({
      what: name,
      items: score.items,
      'equal %': percent(score.equal / score.items),
      'symbol recall': score.recall.toFixed(2),
      'wrong rewrites in items without symbols': score.wrong,
    });
    if (this.showItems)
      for (const failure of score.failures)
        process.stdout.write(
          `${name}: ${failure.id}\n   wanted ${failure.expect}\n   got    ${failure.text}\n`,
        );
    return score;
  }

  /** Adds the share of items whose text is equal. */
  addEqual(metric: string, { equal, items }: DictationScore, noise: number): void {
    this.metrics[metric] = { value: equal / items, better: 'higher', noise, product: true };
  }
}

async function main(): Promise<void> {
  const models = findModels(process.argv[2]);
  const bench = new DictationBench(process.argv.includes('--items'));
  const own = load(OWN);
  const ownScore = bench.add(
    'own items, exact words',
    scoreDictation(own, (item) => bench.write(item, item.say)),
  );
  bench.add(
    `own items, exact words, ${bench.others.length} other names added`,
    scoreDictation(own, (item) => bench.write(item, item.say, true)),
  );
  bench.addEqual('own items from words: equal', ownScore, 0.001);
  if (existsSync(FOLDER)) {
    const items = load(join(FOLDER, 'items.json'));
    fromWords(bench, items);
    if (models) await fromAudio(bench, items, models);
  }
  bench.metrics['respelling a phrase, longest'] = {
    value: Number(bench.slowestMs.toFixed(1)),
    unit: 'ms',
    better: 'lower',
  };
  reportResults({
    about: [
      'Dictation against the text that a developer wants.',
      'Commas and the last full stop are left out on both sides.',
      'An item has some 10 to 20 symbols. Word errors are against the spoken words.',
      'The last metric uses LibriSpeech with names that nobody says.',
    ].join(' '),
    rows: bench.rows,
    metrics: bench.metrics,
  });
}

function fromWords(bench: DictationBench, items: readonly DictationItem[]): void {
  const words = bench.add(
    'items, exact words',
    scoreDictation(items, (item) => bench.write(item, item.say)),
  );
  const crowded = bench.add(
    `items, exact words, ${bench.others.length} other names added`,
    scoreDictation(items, (item) => bench.write(item, item.say, true)),
  );
  bench.addEqual('items from words, many names: equal', crowded, 0.03);
  bench.addEqual('items from words: equal', words, 0.001);
}

async function fromAudio(
  bench: DictationBench,
  items: readonly DictationItem[],
  models: SpeechModels,
): Promise<void> {
  const { plain, near, far, prose } = await decodeAll(bench, items, models);
  const rate = (raw: Texts): Metric => ({
    value: Number(
      pooledWer(
        items.map((item) => ({ reference: item.say.toLowerCase(), hypothesis: raw(item) })),
      ).toFixed(1),
    ),
    unit: '%',
    better: 'lower',
  });
  bench.metrics['WER of items, no boosting'] = rate(plain);
  bench.metrics['WER of items, names and commands boosted'] = rate(near);
  bench.metrics['WER of items, many names boosted'] = rate(far);
  bench.add('items, audio, plain Moonshine', scoreDictation(items, plain));
  bench.add(
    'items, audio, respelled without boosting',
    scoreDictation(items, (item) => bench.write(item, plain(item))),
  );
  const audio = bench.add(
    'items, audio, through Earmark',
    scoreDictation(items, (item) => bench.write(item, near(item))),
  );
  const crowded = bench.add(
    `items, audio, through Earmark, ${bench.others.length} other names added`,
    scoreDictation(items, (item) => bench.write(item, far(item), true)),
  );
  bench.addEqual('items from audio, many names: equal', crowded, 0.03);
  bench.addEqual('items from audio: equal', audio, 0.03);
  bench.metrics['items from audio: symbol recall'] = {
    value: audio.recall,
    better: 'higher',
    noise: 0.03,
    product: true,
  };
  if (!prose) return;
  bench.metrics['word errors that boosting foreign names adds to LibriSpeech'] = {
    value: Number(((100 * (prose.leaning - prose.plain)) / prose.words).toFixed(2)),
    unit: 'points',
    better: 'lower',
    noise: 0.2,
    mark: 0.2,
  };
}

interface DecodedItems {
  readonly plain: Texts;
  /** Names of the item and commands are boosted. */
  readonly near: Texts;
  /** Names of other code, too. */
  readonly far: Texts;
  readonly prose: ProseErrors | undefined;
}

async function decodeAll(
  bench: DictationBench,
  items: readonly DictationItem[],
  models: SpeechModels,
): Promise<DecodedItems> {
  const engine = makeEngine(models);
  const textsBy = async (engineOf: (item: DictationItem) => FileRecogniser): Promise<Texts> => {
    const texts = new Map<DictationItem, string>();
    for (const item of items) {
      const pcm = readAudio(join(FOLDER, 'audio', `${item.id}.flac`));
      texts.set(item, textOf(await transcribe(engineOf(item), pcm, {}, item.id)));
    }
    return (item) => texts.get(item) ?? '';
  };
  const leant = (item: DictationItem, crowd: boolean): FileRecogniser =>
    leaning(engine, [...bench.speller(item, crowd).phrases, ...COMMAND_PHRASES]);
  try {
    await engine.ready();
    return {
      plain: await textsBy(() => engine),
      near: await textsBy((item) => leant(item, false)),
      far: await textsBy((item) => leant(item, true)),
      prose: await proseErrors(engine, [
        ...new SymbolSpeller(bench.others, bench.pronouncer).phrases,
        ...COMMAND_PHRASES,
      ]),
    };
  } finally {
    engine.dispose();
  }
}

interface ProseErrors {
  readonly words: number;
  readonly plain: number;
  readonly leaning: number;
}

/** What leaning to names costs where none is said; undefined without the recordings. */
async function proseErrors(
  engine: FileRecogniser,
  phrases: readonly string[],
): Promise<ProseErrors | undefined> {
  const sums = { words: 0, plain: 0, leaning: 0 };
  for (const { id, path, reference } of libriUtterances()) {
    const [pcm, wanted] = [readAudio(path), normaliseWords(reference)];
    const errors = async (recogniser: FileRecogniser): Promise<number> =>
      wordErrors(
        wanted,
        normaliseWords(textOf(await transcribe(recogniser, pcm, fileSegmenterOptions, id))),
      );
    sums.words += wanted.length;
    sums.plain += await errors(engine);
    sums.leaning += await errors(leaning(engine, phrases));
  }
  return sums.words === 0 ? undefined : sums;
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

if (require.main === module) void main();
