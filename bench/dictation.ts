/**
 * Dictation with symbols: the items beside the repository from their audio and from the exact words, plain Moonshine
 * beside it, and the items of test/fixtures/dictation from the words. Usage: `npm run bench -- dictation [--items]`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openCmuDictionary } from '../daemon/adapters/dictionary/cmuDictionary';
import { Pronouncer } from '../daemon/dictation/pronounce';
import { SymbolSpeller } from '../daemon/dictation/respell';
import { writeDictation } from '../daemon/dictation/writer';
import { type DictationItem, type DictationScore, scoreDictation } from './dictationScore';
import { reportResults, type Row } from './report';
import { SHARED, findModels, makeEngine, readAudio, textOf, transcribe } from './speechPath';
import { pooledWer } from './wordErrors';

const FOLDER = join(SHARED, 'data', 'dictation');
const OWN = resolve(__dirname, '../test/fixtures/dictation/items.json');

function load(file: string): DictationItem[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { items: DictationItem[] }).items;
}

async function main(): Promise<void> {
  const models = findModels(process.argv[2]);
  const showItems = process.argv.includes('--items');
  const pronouncer = new Pronouncer(openCmuDictionary());
  const spellers = new Map<DictationItem, SymbolSpeller>();
  const speller = (item: DictationItem): SymbolSpeller => {
    const made = spellers.get(item) ?? new SymbolSpeller(item.symbols, pronouncer);
    spellers.set(item, made);
    return made;
  };
  const rows: Row[] = [];
  const add = (name: string, score: DictationScore): DictationScore => {
    rows.push({ what: name, items: score.items, 'equal %': percent(score.equal / score.items), 'symbol recall': score.recall.toFixed(2), 'wrong rewrites in items without symbols': score.wrong });
    if (showItems) for (const failure of score.failures) process.stdout.write(`${name}: ${failure.id}\n   wanted ${failure.expect}\n   got    ${failure.text}\n`);
    return score;
  };
  const own = load(OWN);
  let slowest = 0;
  const write = (item: DictationItem, raw: string): string => {
    const ready = speller(item);
    const begun = performance.now();
    const { text } = writeDictation(raw, ready);
    slowest = Math.max(slowest, performance.now() - begun);
    return text;
  };
  const ownScore = add('own items, exact words', scoreDictation(own, (item) => write(item, item.say)));
  const ratios: Record<string, { value: number; noise: number; better: 'higher' }> = { 'own items from words: equal': { value: ownScore.equal / ownScore.items, noise: 0.001, better: 'higher' } };
  let wer = '';
  if (existsSync(FOLDER)) {
    const items = load(join(FOLDER, 'items.json'));
    const words = add('items, exact words', scoreDictation(items, (item) => write(item, item.say)));
    ratios['items from words: equal'] = { value: words.equal / words.items, noise: 0.001, better: 'higher' };
    if (models) {
      const engine = makeEngine(models);
      const heard = new Map<DictationItem, string>();
      try {
        await engine.ready();
        for (const item of items) heard.set(item, textOf(await transcribe(engine, readAudio(join(FOLDER, 'audio', `${item.id}.flac`)), {}, item.id)));
      } finally {
        engine.dispose();
      }
      const raw = (item: DictationItem): string => heard.get(item) ?? '';
      wer = ` Word error rate of plain Moonshine against the spoken words: ${pooledWer(items.map((item) => ({ reference: item.say.toLowerCase(), hypothesis: raw(item) }))).toFixed(1)} %.`;
      add('items, audio, plain Moonshine', scoreDictation(items, raw));
      const audio = add('items, audio, through Earmark', scoreDictation(items, (item) => write(item, raw(item))));
      ratios['items from audio: equal'] = { value: audio.equal / audio.items, noise: 0.03, better: 'higher' };
      ratios['items from audio: symbol recall'] = { value: audio.recall, noise: 0.03, better: 'higher' };
    }
  }
  reportResults({ about: `Dictation against what a developer wants, commas and the final full stop left out on both sides; some 10 to 20 symbols an item.${wer} Respelling one phrase took ${slowest.toFixed(1)} ms at most.`, rows, ratios });
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

if (require.main === module) void main();
