/**
 * Time phrases that can be a due date, as patterns over words. The longest match at a word wins.
 */

export interface DueRule {
  readonly id: string;
  readonly patterns: readonly string[];
  /** `[ ]` in the example encloses the words of the phrase. */
  readonly examples: readonly string[];
  readonly not?: readonly string[];
  /** Too weak to replace a known date: `now`, `when she is back`. */
  readonly weak?: boolean;
}

const DAY = 'monday|tuesday|wednesday|thursday|friday|saturday|sunday';
const MONTH =
  'january|february|march|april|may|june|july|august|september|october|november|december';
const PART = 'morning|afternoon|evening|night|noon|lunchtime';
const PREP = 'by|before|on|until|till|for|from|after|around';
const UNIT =
  'minute|minutes|hour|hours|day|days|week|weeks|fortnight|fortnights|month|months|quarter|quarters|sprint|sprints|year|years';
const NEAR = 'today|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday';
const PERIOD = 'week|weekend|month|quarter|sprint|year|iteration|release|milestone';
const COUNT = 'a|an|one|two|three|four|five|six|seven|eight|nine|ten|couple|few|half';
const NTH =
  'first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|thirty-first|twenty-first|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th|11th|12th|13th|14th|15th|16th|17th|18th|19th|20th|21st|22nd|23rd|24th|25th|26th|27th|28th|29th|30th|31st';
/** Events at a time of the day beside them: "tomorrow before lunch". */
const DAY_EVENT =
  'noon|midday|midnight|breakfast|lunch|dinner|call|meeting|standup|stand-up|demo|review|retro|retrospective|planning|workshop|session|release|deploy|deployment|rollout|freeze';
const EVENT =
  'call|meeting|standup|stand-up|demo|release|launch|lunch|break|breakfast|dinner|review|retro|retrospective|sprint|freeze|deadline|holidays|holiday|vacation|weekend|planning|session|workshop|conference|audit|deploy|deployment|rollout|migration|christmas|easter|summer|winter|spring|autumn|go-live';

export const DUE_RULES: readonly DueRule[] = [
  {
    id: 'weekday',
    patterns: [
      `${PREP}? the? this|next|coming|following? ${DAY} ${PART}?`,
      `${PREP}? ${DAY} at ${PART}`,
      `early|late ${DAY}`,
      `${DAY} or ${DAY}`,
      `${PREP} early|late ${DAY}`,
      `${DAY} this|next week`,
      `${PREP} ${DAY} this|next week`,
      `${PREP}? ${DAY} of? this|next|coming|following week`,
      `${PREP}? ${DAY} of? the coming|following week`,
      `${PREP}? next|this week on? ${DAY}`,
      `${PREP}? the? first|second|third|fourth|last|1st|2nd|3rd|4th ${DAY} of|in the|this|next? month|${MONTH}`,
      `${PREP}? a|two|three week|weeks|fortnight from|on ${NEAR}|now`,
      `@NUM weeks|days from|after ${NEAR}|now`,
      `${PREP}? ${NEAR} week`,
      `${PREP}? the? day after|before ${NEAR}`,
      `${PREP}? the? day after|before ${NEAR} in the ${PART}`,
      `${PREP}? the? day after|before ${NEAR} at|by|before|around? ${PART}|midday|midnight|eod|cob`,
      `${PREP}? ${NEAR} first thing`,
      `first thing on ${DAY}`,
      `${PREP}? the? next|this|coming|following ${DAY} at? noon|midnight|midday|lunchtime`,
      `by|before|at eod|eob|cob on? next|this ${DAY}`,
      `${PREP}? ${NEAR} ${PART} at|by|around? @NUM @NUM? a.m.|p.m.|am|pm|o'clock?`,
      `${PREP}? ${NEAR} at|by? noon|midnight|midday|lunchtime|eod|cob`,
      `${PREP}? the? this|next|coming? ${NEAR} right? before|after|over|around|during the|our|my? ${DAY_EVENT}`,
      `${PREP}? ${NEAR} before|after|during the|our|my @NOUN ${DAY_EVENT}`,
      `${PREP}? ${NEAR} in the ${PART}`,
      `${PREP}? ${NEAR} at|by|before|around @NUM @NUM? a.m.|p.m.|am|pm|o'clock?`,
      `${PREP}? ${NEAR} @NUM a.m.|p.m.|am|pm`,
      `${PREP}? the? next|coming|following? ${DAY} at|by|before|around @NUM @NUM? a.m.|p.m.|am|pm?`,
      `by|before|at|until|till|around noon|midnight|midday|lunchtime on? the? next|this|coming? ${NEAR}`,
      `by|before|at|until|till|around @NUM @NUM? a.m.|p.m.|am|pm|o'clock? on? next|this? ${NEAR}`,
    ],
    examples: [
      'I will send it [by Friday]',
      'let us meet [next Monday]',
      'I can do that [on Thursday morning]',
      '[Friday or Monday] works',
    ],
  },
  {
    id: 'near',
    patterns: [
      `by|until|till|before|for|from? today|tomorrow|tonight ${PART}?`,
      'today or tomorrow',
      'later today|tonight',
      'first thing tomorrow',
      `the day after tomorrow`,
      'by|before? tomorrow at? noon',
      'this very day',
      'by|before? end of today|tomorrow',
      `first thing in the ${PART}`,
      `first thing ${DAY} ${PART}?`,
      `${PREP}? ${DAY} first thing`,
    ],
    examples: [
      'I will do it [today]',
      'send it [by tomorrow evening]',
      'I will look at it [first thing in the morning]',
      '[Today or tomorrow]',
    ],
  },
  {
    id: 'part',
    patterns: [
      `later? this ${PART}`,
      `by|before|until this ${PART}`,
      `in the ${PART}`,
      'by|before|at|around noon|midnight|lunchtime',
      'over lunch',
    ],
    examples: ['I will call them [this afternoon]', 'it is done [by noon]'],
  },
  {
    id: 'period',
    patterns: [
      `by|before|for|in|during|within|until|over|later|sometime|early|late? this|next|coming ${PERIOD}`,
      `for|in|into? the next sprint|release|iteration`,
      `by|before|over|after the weekend`,
      `by|in|until the beginning|start|middle of the|next|this ${PERIOD}|month`,
      `early|late|later next|this ${PERIOD}`,
    ],
    examples: [
      'we do it [next week]',
      'put it on the board [for the next sprint]',
      'I will have it [by next month]',
      '[later this week]',
    ],
    not: ['last week we shipped it'],
  },
  {
    id: 'end',
    patterns: [
      `by|before|until|till|at? the? end|close of the? business? day|business|play on|of? the? next|this|coming? ${NEAR}`,
      `by|before|until|till|at? eod|eob|cob on? the? next|this|coming? ${NEAR}`,
      `by|before|until|till|at? the? end|close of the? business? day|business|play on? ${DAY} next|this week`,
      `by|before|until|till? the? close of business|play`,
      `by|before|until|till? the? end of next|this week|month|quarter|year`,
      `by|before|on|until the beginning|start of ${MONTH}`,
      `by|before|on|until the? last|final day of the|this|next month`,
      'by|before? eom|eob',
      `by|before|at|until|till|towards|around? the? very? end of the|this|next? day|week|month|quarter|year|sprint|iteration|business ${PERIOD}?`,
      `by|before|until? end of business|play`,
      'by? eod|eow|cob',
      'by|before? the? end of day|week|month|today|tomorrow',
      `by|before|until|at? the? end of ${MONTH}|${DAY}`,
      `by the end of it`,
    ],
    examples: [
      'I will update it [by the end of the week]',
      'you get it [by end of day]',
      '[by EOD]',
      'not [before the end of the month]',
    ],
  },
  {
    id: 'event',
    patterns: [
      `right|shortly|soon|directly|straight? after|before|until|during|at|by the|this|our|my|next? next? ${EVENT}`,
      `right|shortly|soon? after|before the|this|our next? @NOUN ${EVENT}`,
      `right? after this|that`,
    ],
    examples: [
      'I will do it [after this call]',
      'I will write it [before lunch]',
      'we wait [until the next release]',
      '[right after the planning session]',
    ],
  },
  {
    id: 'span',
    patterns: [
      `in|within|after the? next? about|roughly|less? than? a? ${COUNT} or|of? ${COUNT}? ${UNIT}`,
      `in|within an hour or two`,
      `in|within the next? ${UNIT}`,
      'in no time',
      `in|within the? next? about|roughly|less? than? @NUM @NUM? business|working? ${UNIT} time?`,
      `in|within the? next? about|roughly|less? than? ${COUNT} business|working? ${UNIT} time?`,
      `in a|one day|week|month|year is time`,
      `@NUM @NUM? business|working? ${UNIT} from now|today`,
      `${COUNT} business|working? ${UNIT} from now|today`,
    ],
    examples: [
      'I can do that [in the next hour]',
      'I will have it [within two weeks]',
      'it is ready [in a couple of days]',
    ],
  },
  {
    id: 'date',
    patterns: [
      `by|before|on|until|till the ${NTH}`,
      `by|before|on|until|till the twenty|thirty ${NTH}`,
      `by|before|on|until|till? the? ${NTH} of? ${MONTH} @NUM?`,
      `by|before|on|until|till? the? twenty|thirty ${NTH} of? ${MONTH} @NUM?`,
      `by|before|on|until|till? ${MONTH} the? ${NTH} @NUM?`,
      `by|before|on|until|till? ${MONTH} the? twenty|thirty ${NTH} @NUM?`,
      `by|before|on|until|till? ${MONTH} @NUM @NUM?`,
      `by|before|on|until|till @NUM ${MONTH} @NUM?`,
      `${PREP}? ${DAY} the ${NTH}`,
      `${PREP}? ${DAY} the? ${NTH} of? ${MONTH}`,
      `${PREP}? ${DAY} ${MONTH} the? ${NTH}|@NUM`,
      `by|before|on|until|till the? ${NTH} of? the|this|next month`,
      `by|before|on|until|till the? twenty|thirty ${NTH} of? the|this|next month`,
      `by|before|until|till|in|early|mid|late ${MONTH}`,
      `by|on|before the @NUM of? ${MONTH}`,
      `by|before|on|until? @NUM of ${MONTH}`,
    ],
    examples: [
      'it is due [on the fifteenth]',
      'I will hand it in [by the first of December]',
      'we ship [on March 3]',
    ],
  },
  {
    id: 'clock',
    patterns: [
      `by|before|at|until|till|around @NUM @NUM? a.m.|p.m.|am|pm|o'clock`,
      'by|before|until|till half|quarter past|to? @NUM',
      `by|before @NUM`,
    ],
    examples: ['I will call you [at five p.m.]', 'send it [by ten]'],
    not: ['it fell by ten percent'],
  },
  {
    id: 'atOnce',
    patterns: [
      'right|straight away',
      'immediately',
      'asap',
      'as soon as possible',
      'as soon as i can',
      'by then',
      'soon as possible',
      'in a minute|moment|second|bit',
      'at once',
      'on monday morning first',
    ],
    examples: ['I will send them [right away]', 'I need it [as soon as possible]'],
    weak: true,
  },
  {
    id: 'now',
    patterns: ['right? now $', 'right? now &while', 'soon $', 'later $', 'at some point'],
    examples: ['I will add one [now]'],
    not: ['now that it works'],
    weak: true,
  },
  {
    id: 'condition',
    patterns: [
      'when|once|as @DET|PRON @NOUN* ~be|exist|arrive|finish|land|work|return|merge|come @ADV|ADJ|VERB|ADP? $',
      'as soon as @DET|PRON @NOUN* @AUX? @VERB|ADJ|ADV @ADP|ADV? $',
    ],
    examples: ['I will set one up [when the table exists]', 'I will ask her [once she is back]'],
    weak: true,
  },
];
