/** What keeps a clause from counting: past, only imagined, reported, general, a joke, done in the meeting itself. */
import type { ModeRule } from './types';

const rule = (id: string, kind: ModeRule['kind'], patterns: readonly string[], examples: readonly string[], not: readonly string[] = []): ModeRule => ({ id, kind, patterns, weight: 1, examples, not });

export const MODE_RULES: readonly ModeRule[] = [
  rule('past.time', 'past', [
    'yesterday',
    'last|previous|past week|month|year|night|time|sprint|quarter|monday|tuesday|wednesday|thursday|friday|saturday|sunday|summer|winter|spring|autumn|meeting|release',
    '. . ago', 'back then', 'in january|february|march|april|june|july|august|september|october|november|december we', 'earlier this|today',
    'in spring|summer|autumn|winter|fall that|we|and|but', 'in spring|summer|autumn|winter|fall $', 'used to', 'originally', 'at first',
    'since the|then|monday|tuesday|wednesday|thursday|friday|last',
  ], ['Last month we decided to wait.', 'I fixed it two days ago.'], ['I will fix it next month.']),
  rule('past.already', 'past', [
    'already !be|is|are @VERB|AUX', 'has|have|had already|just @VERB', 'i|we|they|he|she have|has @ADV? been', 'is|are already @VERB',
    'that is|was|are done $', 'i|we finally @VERB', 'just|finally merged|shipped|finished|fixed|pushed|deployed|released|wrote|sent',
  ], ['We already did that on Monday.', 'I finally merged the log.']),
  rule('past.wanted', 'past', [
    'i|we had planned|wanted|thought|hoped|meant', 'i|we was|were going|about|planning|supposed to', 'i thought about|of',
    'i|we should|could|would have @VERB', 'i|we wanted to !ask|suggest|propose|raise|talk|bring|say|check',
  ], ['I had planned to delete them.', 'We should have tested it.', 'Next I wanted to rewrite the cache.']),
  rule('past.we', 'past', [
    'i|we was|were|did|had|got|said|thought|saw|went|came|made|took|found|fixed|finished|wrote|used|tried|shipped|changed|moved|stopped|started|added|ran|put|read|measured|merged|closed|talked|told|asked|built|broke|removed|deleted|reported|rewrote|updated|deployed|released|reviewed|tested|checked|cancelled|canceled|created|opened',
  ], ['We changed that policy.', 'I rewrote the exporter.'], ['I will write it.']),
  rule('hypothetical.would', 'hypothetical', [
    'if i|we|you|it|they were|was|had|did|could',
    'i|we|you|it|that|he|she|they would @ADV* !like|love|suggest|propose|say|appreciate|be|recommend @VERB', 'would you do', 'i|we would have',
    'in a perfect|ideal world', 'next time', 'imagine', 'suppose', 'in theory', 'if it was|were up to me', 'i wish', 'it would be nice|great|cool',
    'one day', 'someday', 'ideally', 'would i|we',
  ], ['If we were bigger, I would fight for it.', 'In a perfect world we would have tests.'], ['I would like you to call them.']),
  rule('conditional.if', 'conditional', [
    'if|unless @PRON|DET|NOUN|PROPN|ADJ|VERB', 'in case', 'only if', 'as long as', 'depends on',
  ], ['If it fails again, call us.', "I'll come back to you if it takes longer."]),
  rule('reported.said', 'reported', [
    'said|says|told|asked|claimed|promised|mentioned|suggested @PRON|DET|NOUN|PROPN|ADP|PART',
    'they|he|she @ADV? said|asked|told|promised|wants|wanted|wrote|thinks', 'somebody|someone @ADV? promised|said|told|copied|asked',
    'team|customer|client|boss|management @ADV? asked|said|wanted|told|promised', 'according to', 'supposed to',
  ], ['The security team asked us to do it.', 'You said you wanted to learn.'], ['I will ask them to do it.']),
  rule('general.truth', 'general', [
    'in general', 'generally', 'usually', 'normally', 'always', 'never', 'typically', 'most of the time', 'as a rule', 'every time', 'nobody ever',
    'in one week in', 'whenever', 'tend|tends to', 'at my|our old|last|previous job|company|team|product',
  ], ['In general, a bad clock breaks things.', 'You should always have a way back.'], ['I will fix the clock.']),
  rule('joke.exaggeration', 'joke', [
    'quit and', 'we|i should|could all|just quit|retire', 'win|won the lottery', 'rewrite the|it|everything whole|all|in', 'the whole thing|world in',
    'throw @PRON|DET @NOUN? out the|of', 'just kidding|joking', 'kidding', 'i am joking', 'ha ha', 'haha',
  ], ['Maybe we should all quit and become farmers.', 'I could rewrite the whole thing in Rust.']),
  rule('housekeeping.screen', 'housekeeping', [
    'share|sharing my|the|your? screen|tab|window|editor', 'mute|unmute', 'scroll|zoom', 'see|hear|read my|the|it|me|that',
    'tell|show|explain|describe|remind|walk|give us|me !the|a|your|all', 'tell us|me about|what|how|why|more', 'pull|bring it|that|up|your {task}',
    'give me a|one second|moment|minute|sec', 'for a moment|second|minute', 'one moment|second|sec', 'hang|hold on', 'be right back',
    'take notes|minutes',
  ], ["I'll share my screen for a moment.", 'Let me pull up your account.', 'Could you tell us about it?']),
  rule('housekeeping.talk', 'housekeeping', [
    'i will @ADV? listen|explain|repeat|wait|pass|say|guess|bet|admit|assume|believe|shut|spare|miss|remember|survive',
    'i will @ADV? start|begin|continue|finish|end|leave|stop|move|jump|join|drop|read|show|stay|come|skip|go|hand with|by|first|next|last|here|there|now|off|on|over|in|quiet|short|you|everybody|everyone',
    'i will @ADV? start|begin|continue|finish|end|leave|stop|move|jump|join|drop|read|stay|come|skip|go $', 'i will let you|us|them|him|her',
    'i will keep it|this quick|short|brief', 'i will @ADV? talk first|about|through|you|now', 'talk|speak to you|soon|later|tomorrow', 'see you',
    'let us talk|move|continue|start|begin|go|look', 'come back to that|this|it|you', 'go ahead|first|next', 'start|begin|continue|go on|over',
    'hear back|from',
  ], ["I'll mostly listen.", "I'll go first.", 'See you next week.'], ["I'll talk to payroll.", "I'll finish the adapter.", "I'll drop the old column."]),
  rule('vague.think', 'vague', [
    'think|thinking about|of|on it|that|this', 'leave it|that|this for|alone|there|here|as|at', 'at some point', 'eventually|sometime|someday', 'try !to|and $', 'i will|can try $', 'i will|can see',
    'keep|bear it|that|this in mind', 'keep an eye', 'do my|our best', 'get used to', 'feel like it|that',
    'be happy|glad|fine|okay|sorry|honest|careful|back|there|here', 'see what|if|how|whether', 'cross my|fingers', 'let it|that go|sink',
  ], ["I'll think about it.", "I'll try."]),
  rule('negated.not', 'negated', [
    'i|we|you|they|he|she|it do|does|can|will|would|should|could|must|need|am|are|is not', 'not going to', 'nobody|never|none', 'no longer', 'no one',
  ], ["I can't do that.", "We don't need a room."]),
];
