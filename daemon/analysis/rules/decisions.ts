/** Ways of proposing, deciding and settling. */
import type { CueRule } from './types';

const HOUSEKEEPING = 'do|see|look|start|begin|move|go|get|keep|say|talk|take|put|continue|discuss|come|call|wait|assume|hear|try|think|be|recap|wrap|review|check|commit|push|run|open|find|face|figure|not|hope|just|first|pretend|imagine|focus|walk|quickly|jump|dive|circle|park|break|have|give|meet|sync|ask|finish|stop|pause|read|watch|step|turn|scroll|type|repeat|chat|catch';

export const DECISION_RULES: readonly CueRule[] = [
  {
    id: 'decide.letUsGo', kind: 'decide', weight: 0.9, mood: 'statement',
    patterns: [
      'let us @ADV* go|stick|stay|proceed|live|settle|run with|for|on {task}', 'let us @ADV* keep it|that|the|our|both|using {task}',
      'let us not !forget|talk|worry|get|go|waste|rush|start|be|argue|panic {task}', 'let us @ADV* take the|a|an {task}',
      'let us @ADV* have the|a|an {task}', 'let us @ADV* call it {task}', 'let us @ADV* turn it|that|the|off {task}',
      'let us @ADV* move @DET|PRON? @ADJ* @NOUN|PROPN @NOUN* to|into|from {task}', 'let us @ADV* give the|a|it {task}',
      'let us @ADV* put @DET? @ADJ* @NOUN|PROPN @NOUN* in|into|behind|on|under|off {task}',
    ],
    examples: ["Okay, let's go with thirty seconds.", "Let's stay with the senior band.", "Let's keep the old format."],
    not: ["Let's go to the next point.", "Let's keep this short."],
  },
  {
    id: 'decide.letUs', kind: 'decide', weight: 0.7, mood: 'statement',
    patterns: [`let us @ADV* !${HOUSEKEEPING} {task}`, 'let us @ADV* pause|stop|freeze|block !here|there|now|for|with|by|this|today @DET|PRON|NOUN|PROPN|ADJ {task}', 'let us @ADV* do !the|a|an|this|our|one|some|it|that|another {task}'],
    examples: ["Let's use a server revision instead.", "Let's postpone the launch."],
    not: ["Let's see.", "Let's look at the caller.", "Let's get started."],
  },
  {
    id: 'decide.said', kind: 'decide', weight: 0.95, mood: 'statement',
    patterns: [
      'we @ADV* decided|agreed|settled|concluded|resolved @ADP|SCONJ? @ADP|SCONJ? {task}', 'we have @ADV* decided|agreed|settled @ADP|SCONJ? {task}',
      'we decided', '^ decision @NOUN* {task}', 'the|our decision is {task}', '^ final answer {task}', 'the final|official answer|decision is {task}',
      'i @ADV? decided to|that|on {task}', 'i have @ADV? decided to|that|on {task}', 'it is decided that? {task}',
      'the verdict|conclusion|consensus|agreement is {task}', 'we are agreed that? {task}', 'the plan is @ADV? to|that {task}',
      'we are all agreed {task}',
    ],
    examples: ['We decided that encryption comes later.', 'So the decision is to wait.', 'Final answer, the server decides.'],
    not: ['Have we decided anything?'],
  },
  {
    id: 'decide.weGo', kind: 'decide', weight: 0.9, mood: 'statement',
    patterns: [
      'we @ADV* go|stick|stay|proceed|start|run with {task}',
      'we will|are @ADV* go|stick|stay|proceed|run|going|sticking|staying|proceeding|moving with|forward|ahead {task}', 'we are going for {task}',
      'we will|are @ADV* use|using|keep|keeping|drop|dropping|skip|skipping|postpone|postponing|adopt|adopting|remove|removing|switch|switching|replace|replacing|support|supporting|stop|stopping {task}',
      'we are going to use|keep|drop|skip|postpone|adopt|remove|switch|replace|support|stop {task}',
      'we are not @ADV* doing|going|using|supporting|building|shipping|changing|touching|moving|keeping {task}',
      'we will not @ADV* do|go|use|support|build|ship|change|touch|move|keep|have|need {task}', 'i|we am|are going with {task}',
      '^ i|we choose|chose|pick|picked {task}', 'my vote|choice is {task}', 'we are moving|migrating|changing to|from {task}', 'we go for {task}',
      '. is the way to go', 'it is|will be @DET? @ADJ|NUM|NOUN|PROPN* then $', 'we are ditching|dropping|killing|scrapping|freezing {task}',
    ],
    examples: ['So we go with the table.', "We'll stick with the old library.", "We're not doing the migration this year."],
    not: ['We started with a table.'],
  },
  {
    id: 'decide.itIs', kind: 'decide', weight: 0.9, mood: 'statement',
    patterns: [
      '!how|what|as|where|which|that . it is $', '!how|what|as|where|which|that . it is then', '. it is for now',
      'it is @DET? @NUM|ADJ|NOUN|PROPN* then $',
    ],
    examples: ['Okay, two hundred it is.', 'Fine, Postgres it is then.'],
    not: ['What is it then?', 'That is how it is.'],
  },
  {
    id: 'decide.then', kind: 'decide', weight: 0.7, mood: 'statement', needsMarker: true,
    patterns: ['^ @DET? @ADJ|NUM|NOUN|PROPN|VERB* @ADP? @ADJ|NUM|NOUN|PROPN* then $'],
    examples: ['Good, partitions by day then.'],
    not: ['And then?'],
  },
  {
    id: 'decide.state', kind: 'decide', weight: 0.75, mood: 'statement',
    patterns: [
      '^ @DET|PRON|ADJ|NOUN|PROPN|NUM* is|are off the table|list|roadmap', '. is|are out of scope {task}',
      '. is|are @ADV? postponed|dropped|deferred|approved|rejected|settled|decided {task}',
      '. stays|stay|remains|remain @ADV? as|in|on|at|for|the|open|unchanged|same|until {task}',
      '. comes|come|waits|wait @ADV? later|after|until|next {task}', '^ no !problem|worries|worry|idea|need|way|question|doubt|rush|hurry|pressure|objections|complaints|clue|time|reason|wonder @ADJ* @NOUN|PROPN @NOUN|PROPN* for|in|until|yet|this|then {task}',
      '^ no @ADJ* @NOUN|PROPN @NOUN|PROPN* then $', 'from now on', 'from today|tomorrow|monday|there|then on', 'from this|next @NOUN on', 'as of #due', 'starting|effective #due', '. is|are the winner|choice', '. moves|move|shifts to #due', 'waits|wait until|till #due',
      'waits|wait for the? next? release|version|sprint|milestone|quarter', 'waits|wait for @NUM {task}', '. is|are @ADV? the default @ADV?',
      'until then we keep|stay|use|leave {task}',
    ],
    examples: ['So Kafka is off the table.', 'Gift cards are out of scope until summer.', 'Okay, so the name stays for now.', 'Okay, no rewrite then.', 'From now on we meet at nine.'],
    not: ['The server stays up all night.'],
  },
  {
    id: 'decide.weDo', kind: 'decide', weight: 0.6, mood: 'statement', needsMarker: true,
    patterns: [
      'we @ADV* do not !need|have|know|want|see|think|believe|care|mind @VERB {task}',
      'we @ADV* leave|keep|drop|use|switch|move|invite|give|store|write|send|start|stop|skip|ship|release|delete|remove|rename|replace|build|buy|hire|pay|publish|disable|enable|allow|limit|raise|lower|cut|freeze|merge|split|take|put|make|set|try|turn|return|support|accept|reject|block|cap|charge|offer|postpone|wait|meet|require|treat|test|cache|store {task}',
      'they|it @ADV? stay|stays {task}', 'they|it begin|begins|start|starts with|on|in {task}', 'we will @ADV* !see|need|be|have|not|find|get|know|talk|discuss|meet|come|go|start|hear|look {task}',
    ],
    examples: ['Agreed, we invite him to the final round.', 'Then we switch it off at the end of the quarter.', 'So we leave the cache alone.'],
    not: ['We need more time.'],
  },
  {
    // The answer to "do we …?": the words of the question say what.
    id: 'decide.notNow', kind: 'decide', weight: 0.6, mood: 'statement',
    patterns: [
      '^ not in|for|before|until|during? this|the|our|next? next|first|coming? @NUM? version|release|quarter|sprint|month|months|week|weeks|year|years|iteration $',
      '^ not for now $',
    ],
    examples: ['No, not in the first three months.', 'Not this quarter.'],
    not: ['Not yet.', 'Not in this file.'],
  },
  {
    id: 'settle.that', kind: 'settle', weight: 0.8, mood: 'statement',
    patterns: [
      'that is|it settled|decided|agreed|final|done', 'that is the plan|way|deal', 'that is how we will? do|handle|run|play it|that|this', 'you win $', '^ deal $', '^ do it|that then? $', '^ approved $', '^ ship it', 'done deal', 'let us go for it|that',
      'let us go with that|it|this', 'yes let us $', '^ let us $', 'consider it|that settled|decided|done', 'let us do that|it|this',
      'then we|let do that|it', 'so be it', 'decision made', 'then|so it is decided', 'we have a decision|deal', 'it is a deal',
      'everyone|everybody @AUX? @ADV? agrees|agreed|fine|happy',
    ],
    examples: ["Okay, that's settled.", "Okay, then let's do that."],
  },
  {
    id: 'propose.could', kind: 'propose', weight: 0.5,
    patterns: [
      'we could|might|can @ADV* !not {task}', 'what|how about {task}', 'what if {task}', 'why do not we {task}', 'maybe we|i should|could {task}',
      'should|shall we @ADV* {task}', 'do we want|need to @ADV* {task}', 'can we @ADV* {task}', 'i|we would suggest|propose|prefer|say|vote {task}',
      'i suggest|propose|say|vote {task}', 'i am in favour|favor of {task}', 'my suggestion|proposal is {task}',
      '. would be safer|better|nicer|easier|enough|faster|simpler', '. sounds right|better|good|reasonable', 'i think we should {task}',
      'do you want to {task}', 'are we going to {task}', 'i would @ADV* !like|love|hate|be|have|appreciate|rather|say|suggest|propose|prefer|not|do|go|never|need|want|think|know|hope|guess|ask|expect|imagine|bet|start|begin|finish @VERB {task}',
      'i am for the|a|an|that|it|this {task}', 'i would be for|against {task}', 'it|that should be {task}', 'that is our {task}', 'why not {task}', 'it might be best|better|worth to? {task}', 'the best|easiest|simplest|safest thing|way|option|solution is|would {task}', 'i would rather @ADV* {task}', 'i would prefer {task}', 'do we @ADV* {task}', 'the alternative|option is {task}', 'we may as well {task}',
    ],
    examples: ['We could keep both versions.', 'What about a text merge?', 'Should we make it two hundred?', 'Fifteen minutes would be safer.'],
  },
  {
    id: 'deliberate.what', kind: 'deliberate', weight: 0.5, mood: 'question',
    patterns: [
      'what|how|where|when|who|which should|shall|could|can {task}', 'what about {task}', 'what do you suggest|propose|think|prefer|recommend', 'suggestions|ideas|proposals|opinions|preferences',
      'what would you|we do|suggest|prefer|like', 'which . . do|would|should', 'what|which is better|best', 'what would be . . {task}', 'what is the|our alternative|plan|verdict', 'who has ideas', 'what would help', 'what|how do we {task}',
    ],
    examples: ['What do we do with it?', 'Any suggestions?', 'What would you do?', 'What should it be?'],
    not: ['What happened on Monday?'],
  },
  {
    id: 'poll.all', kind: 'poll', weight: 0.5, mood: 'question',
    patterns: [
      'any|no other? objections|objection|concerns|worries|doubts|complaints|opinions', 'everyone|everybody|all|anyone|anybody @ADV? okay|fine|happy|good|agreed|agree|agrees|against|opposed|disagree|disagrees', 'is that okay|fine|good|alright|all for|with everyone|everybody|you|all',
      'are we @ADV? agreed|good|okay', 'do we @ADV? agree', 'can everyone|everybody|you all? live with that|it', 'shall we vote',
    ],
    examples: ['Any objections?', 'Is everyone okay with that?', 'Are we agreed?'],
  },
];
