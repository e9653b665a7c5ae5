/** Closed classes of English words that distinguish command words from everyday words. */

const set = (words: string): ReadonlySet<string> =>
  new Set(words.split(' ').filter((word) => word !== ''));

export const DETERMINERS = set(
  'a an the this that these those my your our his her its their each every another any some no either neither which',
);
/** Also pronouns: "I know that comma but". */
export const PRONOUN_DETERMINERS = set(
  'this that these those her his either neither which any some',
);
export const PREPOSITIONS = set(
  'of in on at by for from with without between before after behind to into onto over under through during within until till since per as than like inside around near',
);
export const AUXILIARIES = set(
  'can could should would will must may might shall do does did cannot',
);
export const BE_HAVE = set('is are was were be been being am has have had there');
export const SUBJECTS = set(
  "i we you he she it they i'm we're it's that's you're they're i'll we'll there who everybody everyone somebody nobody",
);
export const QUESTIONS = set(
  'what why how who which where when whose do does did is are was were can could should would will has have had',
);
/** Verbs that take marks as objects: "insert comma", "press tab", "the regex needs backslash". */
export const MARK_VERBS = set(
  'add adds added adding put puts insert inserts inserted use uses used using write writes type types typed remove removes removed removing delete deletes deleted deleting drop drops strip strips escape escapes escaped replace replaces replaced append appends prepend need needs needed want wants forget forgot press pressed hit say says said print prints skip skips ignore ignores trim trims find finds expect expects allow allows include includes contain contains lack lacks require requires miss misses change changes swap match matches',
);
export const ADVERB_AFTER = set(
  'here there instead again too also missing first last at once twice everywhere and or',
);
/** Verbs that open a sentence of their own: "… period open a ticket". */
export const IMPERATIVES = set(
  'add ask assign book build call cancel change check clean close commit compare copy create cut delete deploy disable do document download drop email enable explain file find finish fix follow forward get give go increase install keep leave let listen look make measure merge move open paste pick ping plan post print publish pull push put read rebase reduce refactor release remind remove rename replace report rerun reset restart revert review rewrite rotate run save see send set share ship show skip split start stop store take talk tell test try turn update upgrade upload use verify wait watch write',
);
/** The object of such a verb begins with one of these. */
export const OBJECT_OPENERS = set(
  'it them me us all everything one both at for up down out off back',
);
/** Nouns that follow a command word in a compound: "comma separated", "new line character". */
export const COMPOUND_AFTER = set(
  'of separated delimited separator delimiter character characters operator operators key keys sign symbol symbols style cancer terminated',
);
export const VERB_PARTICLES = set('to through into over out off for down back away across');

interface Partners {
  readonly before: ReadonlySet<string>;
  readonly after: ReadonlySet<string>;
}
const partners = (before: string, after: string): Partners => ({
  before: set(before),
  after: set(after),
});
/** Everyday compounds of words that are also commands. */
export const MODIFIERS_OF_WORD: ReadonlyMap<string, Partners> = new Map([
  [
    'tab',
    partners(
      'new close open switch browser active current next previous other second first third last settings terminal chrome firefox editor each per press hit duplicate pin',
      'completion bar order width size group groups stop stops index title strip opens closes crashes',
    ),
  ],
  [
    'pipe',
    partners(
      'broken named water steel drain gas vent',
      'dream line wrench organ fitting broke bursts',
    ),
  ],
  ['dash', partners('mad quick hundred meter metre yard', 'cam board lane cams')],
  ['slash', partners('price deep', 'command commands costs prices jobs budgets')],
  ['caret', partners('blinking text gold', 'position color browsing')],
  ['comma', partners('oxford serial inverted', 'splice')],
  ['colon', partners('', 'cancer surgery infection')],
  ['hyphen', partners('soft', '')],
  ['new', partners('brand', '')],
  ['full', partners('complete', '')],
]);

/** "the grace period", "a ten day period": nouns before "period" in the sense of time. */
export const PERIOD_NOUNS = set(
  'time trial grace waiting retention notice free short long billing reporting review test testing probation transition cooling sampling warranty holiday lunch rest class study sprint freeze lookback refresh timeout lock grade payback incubation accounting fiscal quiet training support contract subscription evaluation comment embargo off day week month year hour minute second days weeks months years peak off-peak busy same whole entire initial first second third last next previous later early late certain given fixed limited brief difficult historical victorian colonial roman jurassic every growth recovery validation lease pay rental election campaign maintenance blackout deprecation observation measurement settlement vesting lockup',
);

const ADJECTIVES = set(
  'new old big small large little long short good bad great nice busy quiet same other different first second third fourth last next previous extra single double trailing leading missing final initial empty full whole entire right wrong correct only main basic simple complex early late brief fixed free certain given similar clear strange weird odd hard easy difficult slow fast quick recent current actual own literal stray closing opening matching unmatched escaped unescaped invalid required optional additional redundant needless unnecessary forgotten two three four five',
);
const ADJECTIVE_ENDING = /(?:ive|ous|ful|less|able|ible|ical|ular|onal|ional|iest)$/;
/** Adverbs that stand before an adjective. */
const DEGREE = set('very really quite rather too so pretty such more most less least');

export const isModifier = (word: string): boolean =>
  ADJECTIVES.has(word) || DEGREE.has(word) || (word.length > 5 && ADJECTIVE_ENDING.test(word));

/** Words that begin neither a name nor a word to be joined. */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set([
  ...DETERMINERS,
  ...PREPOSITIONS,
  ...AUXILIARIES,
  ...BE_HAVE,
  ...SUBJECTS,
  ...'and or but so because when where while if then than not are isnt makes make looks seems should means works'.split(
    ' ',
  ),
]);
