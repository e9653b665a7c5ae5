/** Word lists that several rule tables share. All lower case, contractions spelt out. */

const list = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Fillers. Patterns and displayed text ignore them. */
export const FILLERS = list('um uh uhm erm er hmm hm mm mhm eh');

/** Opening words before the main content of a clause. */
export const OPENERS =
  list(`okay so well yes yeah no right great good perfect fine sure and but then also oh ah now actually anyway thanks cool nice
  wonderful excellent awesome alright agreed true exactly absolutely definitely sorry ha wow ouch wait plus still basically honestly hopefully maybe perhaps
  otherwise because or next finally first second third lastly way thing hey hi hello morning deal correct indeed understood`);

/** Subjects that can begin a separate clause. */
export const SUBJECTS = list(
  'i we you he she they it that this there somebody someone everybody everyone nobody who',
);

/** Capitalised words that are not names. */
export const NOT_NAMES =
  list(`monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december
  christmas easter today tomorrow yesterday tonight everyone everybody all team folks guys mister please welcome goodbye bye the a an this that these those there here
  what when where who why how which one two three four five six seven eight nine ten my our your his her their its not never always mostly
  depends maybe perhaps done gone better much more less again later question correction action decision risk note summary final
  good right true same next last first second third only even just very really too both either neither each every any some`);

/** Words without information about a task. */
export const STOP_WORDS =
  list(`a an the this that these those it its i you he she we they me him her us them my your his our their mine yours myself yourself
  be is am are was were been being do does did done have has had will would shall should can could may might must not no yes to of in on at by for with from about
  into over after before until till as and or but so if then than because there here what which who whom when where why how all any some each every both few more most
  other such only own same very just also too now again once up down out off please okay right let get go going make take put give want need thing something anything
  someone somebody everybody everyone nobody bit lot one really actually maybe probably well back still already yet ever never always new next last good
  today tomorrow tonight yesterday morning afternoon evening night day week month quarter year monday tuesday wednesday thursday friday saturday sunday end
  also else instead would like sure thank thanks ready say tell know think time times part stuff thing things way`);
