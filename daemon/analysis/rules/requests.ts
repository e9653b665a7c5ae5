/** Ways of asking somebody for work, of saying that it must be done, and of giving it to somebody. */
import type { CueRule } from './types';

export const REQUEST_RULES: readonly CueRule[] = [
  {
    id: 'request.canYou', kind: 'request', person: 'addressee', weight: 0.8,
    patterns: [
      'can|could|would|will you @ADV* please? @ADV* !and|be|mind|like|want|not|say|see|hear|imagine|repeat|have {task}', 'would|do you mind {task}',
      'would you be able|willing|open to {task}', 'are you able to {task}', 'can|may i put you down for {task}', 'can|may i count on you for {task}', 'are you up for {task}', 'do you have time to|for {task}', 'can|may i leave it|that|this with you', 'would you be up for {task}', 'would it be possible for you to {task}',
      'can|could i|we ask you to {task}', 'can|could you and #name {task}',
    ],
    examples: ['Could you update the schema?', 'Ben, can you please write a test?', 'Would you mind checking the logs?'],
    not: ['Can you see my screen?', 'Would you be angry?'],
  },
  {
    id: 'request.needYou', kind: 'request', person: 'addressee', weight: 0.8, mood: 'statement',
    patterns: [
      'i|we need|want you to {task}', 'i|we would like you to {task}', 'wanted to ask you to|for {task}', 'i would appreciate if you {task}',
      'it would be great|good|nice|helpful|lovely if you could|can {task}', 'may i ask you to {task}', 'i was hoping you could|would|can {task}',
      'i am asking you to {task}', 'your task|job|homework is {task}', 'you are responsible for {task}',
    ],
    examples: ['I need you to sign the form.', 'It would be great if you could check the numbers.'],
  },
  {
    id: 'request.please', kind: 'request', person: 'addressee', weight: 0.75, mood: 'statement',
    patterns: [
      'please !do|not|let|note|go|feel|forgive|no @ADV* {task}', '^ do not forget to {task}', '^ remember to {task}', '^ make|be sure to|that|you {task}',
      'please make sure {task}', '^ see to it that {task}',
    ],
    examples: ['Please send it to the client.', "Don't forget to update the ticket."],
    not: ["Please don't."],
  },
  {
    id: 'request.you', kind: 'request', person: 'addressee', weight: 0.5, mood: 'statement',
    patterns: [
      'you should|must|could @ADV* !have|be|see|always|never|all|not {task}', 'you need|have|ought to @ADV* !be {task}',
      '^ you do|take|handle|own|write|ask|send|check|start|book|call|talk {task}', 'you will need|have to {task}', 'you are going to {task}',
      'you might want to {task}', 'you will @ADV* !have|get|see|be|find|not|never|notice|need|love|hear|know {task}',
    ],
    examples: ['You should talk to the vendor first.', 'You do it, you know the code.'],
    not: ['You should have seen it.'],
  },
  {
    id: 'imperative.verb', kind: 'imperative', person: 'addressee', weight: 0.5, mood: 'statement',
    patterns: [
      '^ add|ask|assign|attach|book|bring|buy|call|change|check|choose|clean|close|collect|compare|contact|copy|create|cut|delete|deploy|disable|document|draft|drop|email|enable|file|fill|find|finish|fix|follow|forward|get|give|hand|implement|install|investigate|invite|link|look|mail|make|measure|merge|migrate|move|notify|open|organise|organize|order|pay|pick|ping|plan|post|prepare|print|publish|pull|push|put|refactor|release|remind|remove|rename|replace|report|rerun|reserve|restart|restore|revert|review|rewrite|roll|rotate|run|schedule|send|set|share|ship|show|sign|split|submit|switch|talk|tell|test|track|try|turn|update|upgrade|upload|verify|work|write !it|that|sense {task}',
      '^ send|check|fix|write|update|delete|remove|review|test|merge|open|close it|that|them {task}', '^ ask|tell|call them|him|her {task}',
      'and|so|but|then please? send|mail|post|push|write {task}',
    ],
    examples: ['Send me the dates.', '#Noah, find out what the right number is.'],
    not: ['We send the dates.'],
  },
  {
    id: 'need.somebody', kind: 'need', person: 'nobody', weight: 0.85,
    patterns: [
      'somebody|someone|anybody|anyone should|must|could|can|needs|has|ought to? @ADV* !have {task}',
      'one of us should|must|could|can|needs|has|ought to? @ADV* !have {task}', 'can|could|would|will somebody|someone|anybody|anyone please? {task}',
      '~need|want|look somebody|someone|anybody to|who {task}', 'whoever !do|does|did|is|was|has|had {task}',
    ],
    examples: ['Somebody should add an alert.', 'Can someone check the logs?', 'Someone has to tell the customer.'],
    not: ['Somebody should have told us.'],
  },
  {
    id: 'need.we', kind: 'need', person: 'nobody', weight: 0.45, mood: 'statement',
    patterns: [
      'we @ADV* should|must @ADV* !have|be|not|never|all {task}',
      'we @ADV* need|have|ought to @ADV* !be|see|have|know|think|decide|talk|move|go|stop|wait|remember {task}',
      'we @ADV* need a|an|some|more|another|real {task}', 'it|this|that @ADV? needs|has to @ADV* be|have {task}', '. needs|need to be {task}',
      '. should|must be @VERB|ADJ', 'there should|must|needs to? be {task}', 'what is missing is {task}', 'the next step is to {task}',
      'let us not forget to {task}', 'we are going to have to {task}', 'we could use {task}', 'we will have|need to {task}',
    ],
    examples: ['We should fix that in the setup.', 'We need a changelog entry.', 'The docs need to be updated.'],
    not: ['We should have known.'],
  },
  {
    id: 'need.label', kind: 'need', person: 'nobody', weight: 0.9, mood: 'statement',
    patterns: ['^ action item|point for|is|on? {task}', '^ todo|to-do is|for? {task}', '^ next|new action is|for? {task}'],
    examples: ['Action item for tomorrow: check the certificates.', 'Todo, clean up the branches.'],
  },
  {
    id: 'who.question', kind: 'who', person: 'nobody', weight: 0.5, mood: 'question',
    patterns: [
      'who @ADV* wants|takes|does|owns|has|can|could|will|would|is to? {task}', 'who @VERB {task}', 'who @ADV? wants|takes|does|presents|volunteers',
      'who is going to|responsible for? {task}', 'any volunteers', 'is anyone|anybody|someone|somebody {task}',
    ],
    examples: ['Who rotates the signing keys this month?', 'Who wants it?', 'Who is going to write the report?'],
  },
  {
    id: 'noted.list', kind: 'noted', weight: 0.6,
    patterns: [
      'it|that|this|those goes|go|belongs|comes on|onto|into the|our|my list|board|backlog|agenda|plan',
      'put|write|note|add it|that|this|those on|onto|down', 'put|write|note|add it|that|this|those in|into|to the|our list|backlog|board|agenda|plan|notes', 'no owner yet', 'without an owner', 'nobody owns {task}',
    ],
    examples: ['That goes on the list.', "Let's put that on the board."],
  },
];
