/** Ways in which a speaker takes on work: "I'll …", "leave it to me", "remind me to …". */
import type { CueRule } from './types';

export const COMMITMENT_RULES: readonly CueRule[] = [
  {
    id: 'commit.will', kind: 'commit', person: 'speaker', weight: 0.9,
    patterns: [
      'i will|shall @ADV* !not|never|be|have|need|see|think|try|admit|say|want|take|own|know @ADV* {task}', 'i will try to|and {task}',
      'i will have to {task}', 'i will be @VERB {task}', 'i will need to {task}', 'i will take over {task}', 'i will take care of {task}',
      'i will see to {task}', 'i will have|get it|them|that|this @VERB', 'i will have somebody|someone {task}', 'we will @ADV* send|give|mail|email|call|get|show|provide|forward|share|credit|refund|deliver you {task}', 'i|we will get back to {task}',
    ],
    examples: ["So I'll change the limit today.", 'I will also write the guide.', "I'll have to ask the vendor.", "I'll take care of the backups."],
    not: ["I'll never do that again.", "I'll think about it."],
  },
  {
    id: 'commit.willHave', kind: 'commit', person: 'speaker', weight: 0.8, needsDue: true,
    patterns: ['i will have {task}', 'you will have|get|receive|find|hear|see {task}', 'you can have|expect {task}'],
    examples: ["I'll have a draft ready by Monday.", "You'll get the numbers tomorrow."],
    not: ["I'll have a coffee."],
  },
  {
    id: 'commit.goingTo', kind: 'commit', person: 'speaker', weight: 0.9,
    patterns: ['i am going to !be|have|say|need @ADV* {task}', 'i am about to {task}'],
    examples: ["Then I'm going to rewrite the parser.", "I'm gonna call them."],
  },
  {
    id: 'commit.must', kind: 'commit', person: 'speaker', weight: 0.6, mood: 'statement',
    patterns: [
      'i still|really|also? have|need|ought to @ADV* !go|leave|drop|run|say|admit|be|know|have|jump {task}',
      'i must @ADV* !say|admit|go|leave|be|have {task}', 'i should @ADV* !say|have|be|add|know|go|mention|note {task}',
    ],
    examples: ['I have to ask the legal team about it.', 'I still need to update the tests.'],
    not: ['I have to go now.', 'I should have known that.'],
  },
  {
    id: 'commit.dated', kind: 'commit', person: 'speaker', weight: 0.7, needsDue: true, mood: 'statement',
    patterns: [
      'i am @ADV? calling|meeting|seeing|writing|sending|fixing|finishing|talking|doing|shipping|releasing|presenting|moving|updating|visiting {task}',
      'i plan|intend|aim|want|hope|expect to {task}', 'i am planning|hoping to {task}', 'i could @ADV* !be {task}',
    ],
    examples: ["I'm calling the vendor tomorrow.", 'I plan to finish the draft by Friday.'],
    not: ['I plan to retire one day.'],
  },
  {
    // Recognisers swallow the "'ll" of "I'll", and now and then the "I" as well.
    id: 'commit.swallowed', kind: 'commit', person: 'speaker', weight: 0.6, needsDue: true, mood: 'statement',
    patterns: [
      '^ i !think|need|want|know|hope|guess|see|mean|say|read|put|let|set|cut|get|have|like|love|believe|remember|feel|agree|wish|suggest|propose|expect|do|hear|run|come|go|start|finish|work @BASE {task}',
      '^ can|will !not|you|we|i|it|that|they|he|she|somebody|someone|anybody|anyone @BASE {task}',
    ],
    examples: ['I rotate the signing keys on Friday.', 'Okay, can call them this afternoon.'],
    not: ['I rotated the keys on Friday.', 'I need it by Friday.', 'Can you call them tomorrow?'],
  },
  {
    id: 'commit.promise', kind: 'commit', person: 'speaker', weight: 0.85,
    patterns: [
      'i promise to {task}', 'i|we owe you|them|him|her {task}', 'my next step is to {task}', 'my job is to {task}', 'remind me to {task}',
      'i made a note to {task}', 'i need to remember to {task}',
    ],
    examples: ['Remind me to renew the certificate.', 'I owe you a review of the draft.'],
  },
  {
    id: 'offer.can', kind: 'offer', person: 'speaker', weight: 0.7, mood: 'statement',
    patterns: [
      'i can|could @ADV? go|run to|there|over|by|down|and {task}', 'i can|could|might @ADV* !not|see|hear|be|remember|imagine|think|say|tell|understand|confirm|only|feel|live|go|share|read|believe {task}',
      'i would be happy|glad to {task}', 'i am happy|glad to {task}', 'i would love to {task}', 'i would volunteer to {task}', 'i volunteer to {task}',
    ],
    examples: ['I can call them on Tuesday.', "I'd be happy to review it."],
    not: ['I can see it now.', "I can't do that."],
  },
  {
    id: 'offer.question', kind: 'offer', person: 'speaker', weight: 0.5, mood: 'question',
    patterns: [
      '^ should|shall i @ADV* {task}', 'do you want|need me to {task}', 'would you like me to {task}',
      '^ can|could|may i @ADV* !go|ask|start|jump|add|say|have|get|share|interrupt|help|see|put|count|leave|join|come|sit|keep|use|stay|try|speak|finish|quote {task}',
    ],
    examples: ['Should I book a room?', 'Do you want me to ask them?'],
    not: ['Can I go next?'],
  },
  {
    id: 'offer.letMe', kind: 'offer', person: 'speaker', weight: 0.6,
    patterns: ['let me !know|see|think|just|say|show|share|explain|try|guess|be|start|finish|get|pull|tell|ask|read|put {task}'],
    examples: ['Let me check with the vendor by Friday.'],
    not: ['Let me share my screen.', 'Let me know.'],
  },
  {
    id: 'take.mine', kind: 'take', person: 'speaker', weight: 0.85,
    patterns: [
      'i will|can|could|shall @ADV* take|own|grab|pick {task}', 'leave|give|assign|send|hand it|that|this|these|those|them to|with me',
      'i am on it|that', 'that|this|it one? is mine $', 'count on me', 'i take it|that|this|care',
      'i will|can|could|shall @ADV* do|handle it|that|this|so|these|those|them|both', 'put me down for {task}', 'put my name on {task}',
      'i volunteer $', '^ me $', 'i am happy|glad to do|be|take it|that|this|one', 'i will|can do|take the other|first|second|last|next one', '^ i do $', 'i am|will do|be doing that|it', 'i have|got it $', 'mine $', 'i own {task}', 'that is|falls|goes on|to me $',
      'i am @ADV? taking {task}', 'sign me up', 'let me take|handle|own|do it|that|this|one|care {task}', 'let me take|handle|own it|that|this',
    ],
    examples: ["I'll take it.", 'Give it to me.', "I'm on it.", 'I can do that on Thursday.', "I'll do it."],
    not: ['You take it.'],
  },
];
