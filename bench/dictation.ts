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
import { type DictationItem, type DictationScore, scoreDictation } from './dictationScore';
import { otherNames } from './otherNames';
import { reportResults, type Row } from './report';
import {
  type FileRecogniser,
  SHARED,
  findModels,
  leaning,
  libriUtterances,
  makeEngine,
  readAudio,
  textOf,
  transcribe,
} from './speechPath';
import { normaliseWords, pooledWer, wordErrors } from './wordErrors';

const FOLDER = join(SHARED, 'data', 'dictation');
const OWN = resolve(__dirname, '../test/fixtures/dictation/items.json');

function load(file: string): DictationItem[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { items: DictationItem[] }).items;
}

async function main(): Promise<void> {
  const models = findModels(process.argv[2]);
  const showItems = process.argv.includes('--items');
  const pronouncer = new Pronouncer(openCmuDictionary());
  const others = otherNames();
  const spellers = new Map<string, SymbolSpeller>();
  const speller = ({ id, symbols }: DictationItem, crowd: boolean): SymbolSpeller => {
    const key = `${id} ${crowd}`;
    const made =
      spellers.get(key) ?? new SymbolSpeller(crowd ? [...symbols, ...others] : symbols, pronouncer);
    spellers.set(key, made);
    return made;
  };
  const rows: Row[] = [];
  const add = (name: string, score: DictationScore): DictationScore => {
    rows.push({
      what: name,
      items: score.items,
      'equal %': percent(score.equal / score.items),
      'symbol recall': score.recall.toFixed(2),
      'wrong rewrites in items without symbols': score.wrong,
    });
    if (showItems)
      for (const failure of score.failures)
        process.stdout.write(
          `${name}: ${failure.id}\n   wanted ${failure.expect}\n   got    ${failure.text}\n`,
        );
    return score;
  };
  const own = load(OWN);
  let slowest = 0;
  const write = (item: DictationItem, raw: string, crowd = false): string => {
    const ready = speller(item, crowd);
    const begun = performance.now();
    const { text } = writeDictation(raw, ready);
    slowest = Math.max(slowest, performance.now() - begun);
    return text;
  };
  const ownScore = add(
    'own items, exact words',
    scoreDictation(own, (item) => write(item, item.say)),
  );
  add(
    `own items, exact words, ${others.length} other names behind`,
    scoreDictation(own, (item) => write(item, item.say, true)),
  );
  const ratios: Record<string, { value: number; noise: number; better: 'higher' | 'lower' }> = {
    'own items from words: equal': {
      value: ownScore.equal / ownScore.items,
      noise: 0.001,
      better: 'higher',
    },
  };
  let wer = '';
  let prose: ProseErrors | undefined;
  if (existsSync(FOLDER)) {
    const items = load(join(FOLDER, 'items.json'));
    const words = add(
      'items, exact words',
      scoreDictation(items, (item) => write(item, item.say)),
    );
    const crowded = add(
      `items, exact words, ${others.length} other names behind`,
      scoreDictation(items, (item) => write(item, item.say, true)),
    );
    ratios['items from words, many names: equal'] = {
      value: crowded.equal / crowded.items,
      noise: 0.03,
      better: 'higher',
    };
    ratios['items from words: equal'] = {
      value: words.equal / words.items,
      noise: 0.001,
      better: 'higher',
    };
    if (models) {
      const engine = makeEngine(models);
      const recognise = async (
        engineOf: (item: DictationItem) => FileRecogniser,
      ): Promise<(item: DictationItem) => string> => {
        const recognised = new Map<DictationItem, string>();
        for (const item of items)
          recognised.set(
            item,
            textOf(
              await transcribe(
                engineOf(item),
                readAudio(join(FOLDER, 'audio', `${item.id}.flac`)),
                {},
                item.id,
              ),
            ),
          );
        return (item) => recognised.get(item) ?? '';
      };
      const leant = (item: DictationItem, crowd: boolean): FileRecogniser =>
        leaning(engine, [...speller(item, crowd).phrases, ...COMMAND_PHRASES]);
      let [plain, near, far] = [items, items, items].map(
        () =>
          (_item: DictationItem): string =>
            '',
      ) as [Recognise, Recognise, Recognise];
      try {
        await engine.ready();
        [plain, near, far] = [
          await recognise(() => engine),
          await recognise((item) => leant(item, false)),
          await recognise((item) => leant(item, true)),
        ];
        prose = await proseErrors(engine, [
          ...new SymbolSpeller(others, pronouncer).phrases,
          ...COMMAND_PHRASES,
        ]);
      } finally {
        engine.dispose();
      }
      const rate = (raw: Recognise): string =>
        pooledWer(
          items.map((item) => ({ reference: item.say.toLowerCase(), hypothesis: raw(item) })),
        ).toFixed(1);
      wer = ` Word error rate against the spoken words: plain Moonshine ${rate(plain)} %, leaning to the names and commands ${rate(near)} %, with the other names behind them ${rate(far)} %.`;
      add('items, audio, plain Moonshine', scoreDictation(items, plain));
      add(
        'items, audio, spelled without leaning',
        scoreDictation(items, (item) => write(item, plain(item))),
      );
      const audio = add(
        'items, audio, through Earmark',
        scoreDictation(items, (item) => write(item, near(item))),
      );
      const crowded = add(
        `items, audio, through Earmark, ${others.length} other names behind`,
        scoreDictation(items, (item) => write(item, far(item), true)),
      );
      if (prose) {
        wer += ` LibriSpeech, ${prose.words} words, leaning to names that nobody says: ${prose.leaning} errors, ${prose.plain} without.`;
        ratios['prose, leaning to foreign names: points worse'] = {
          value: Number(((100 * (prose.leaning - prose.plain)) / prose.words).toFixed(2)),
          noise: 0.2,
          better: 'lower',
        };
      }
      ratios['items from audio, many names: equal'] = {
        value: crowded.equal / crowded.items,
        noise: 0.03,
        better: 'higher',
      };
      ratios['items from audio: equal'] = {
        value: audio.equal / audio.items,
        noise: 0.03,
        better: 'higher',
      };
      ratios['items from audio: symbol recall'] = {
        value: audio.recall,
        noise: 0.03,
        better: 'higher',
      };
    }
  }
  reportResults({
    about: `Dictation against what a developer wants, commas and the final full stop left out on both sides; some 10 to 20 symbols an item.${wer} Respelling one phrase took ${slowest.toFixed(1)} ms at most.`,
    rows,
    ratios,
  });
}

type Recognise = (item: DictationItem) => string;

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
