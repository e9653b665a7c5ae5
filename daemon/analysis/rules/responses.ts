/** How people answer: accept, decline, agree, reject, take back, move a date. */
import type { CueRule } from './types';

export const RESPONSE_RULES: readonly CueRule[] = [
  {
    id: 'accept.yes', kind: 'accept', weight: 0.8,
    patterns: [
      '^ will do', '^ can do', 'on it $', 'no problem', 'consider it done', 'happy|glad to', 'of course', 'by all means', 'fine by|with me',
      'i can|will|could|would $', 'i can but', '^ can but', '^ can $', 'i will manage {task}', 'i can manage|try {task}', 'you got|bet it?', 'my pleasure', 'works for me',
      'will be done', 'yes please', 'please do', 'go ahead', 'go for it', '^ do it|that then? $', 'that would be {task}', 'got it $', 'i guess|suppose so|i', 'not at all', 'already on it',
    ],
    examples: ['Will do.', 'Sure, no problem.', 'Okay, I can manage that.'],
    not: ["I can't."],
  },
  {
    id: 'accept.gladly', kind: 'accept', weight: 0.8,
    patterns: ['i would love|like|be to|happy|glad to? $', 'with pleasure', 'gladly'],
    examples: ["I'd love to.", 'With pleasure.'],
  },
  {
    id: 'decline.no', kind: 'decline', weight: 0.8,
    patterns: [
      'i can not', 'i will not', 'i am afraid @PRON? {task}', 'i do not have time|capacity|the', 'i would rather', 'i would love to but', 'not me',
      'i am on vacation|holiday|leave|pto', 'i am out|away|off {task}', 'i am too busy', 'i am swamped|busy|full|booked', 'no time', 'not today $',
      'better not', 'we can not', 'i have no time', 'not my',
    ],
    examples: ["Sorry, I can't.", "I'd rather not.", "I'm afraid we can't."],
  },
  {
    id: 'agree.fine', kind: 'agree', weight: 0.7,
    patterns: [
      '^ agreed', 'i agree', 'i am with you', 'sounds|looks @ADV? good|great|right|fine|reasonable|like|fair|doable|sensible|perfect|lovely|nice|brilliant|workable|okay',
      'i am all? for it|that', 'i am in $', 'i am in favour|favor', 'count me in', 'same here', 'so am|do|would i', 'i can live with', 'suits me', 'that suits|helps me|us|everyone|everybody', 'no doubt', 'why not $', 'that would|will @ADV? help|do|work', 'that would be great|good|perfect|fine|lovely|nice|ideal|better|best', 'that i like', 'works for us', 'fine|good|okay|alright for|by|with me|us',
      'i love|like the? idea|that|it', '. is|are plenty|enough|perfect|ideal', 'that is alright|perfect|enough|plenty|fine|brilliant|clever', 'let us do it', 'you are right', 'i think so too', 'i would say so', 'i feel the same', 'nobody will|would @ADV? notice|mind|miss|care|complain', 'nobody minds|cares', 'i have nothing against {task}', 'fine|good enough', 'makes sense', 'works for me', 'good|great|nice idea|plan|call',
      'fair enough', 'that is|it fine|settled|agreed', 'fine by|with me', 'let us do that|it|this', '. is|are fine|okay|good $', 'i like that|it',
      'of course', 'definitely|absolutely|exactly', 'me too', 'no objections|objection', 'all in favour|favor', 'i am fine|okay|good with',
    ],
    examples: ['Agreed.', 'Sounds good.', "That's fine.", 'Makes sense to me.'],
  },
  {
    id: 'reject.no', kind: 'reject', weight: 0.75,
    patterns: [
      'i would rather not', 'i would not $', 'rather|probably|definitely|really|preferably not $', '^ not really $', '^ rather not', '^ no $', 'no please do? not?', 'please no', '^ no better not', 'better not', 'please do? not $', 'do not $',
      'i do not think|believe we|so|that|it|users|people', 'i am not a fan', 'that would|will @ADV* lose|break|hide|cost|hurt|kill|fail|hides {task}',
      'nobody !will|would|minds|cares|notices @VERB {task}', 'that will not|never work|fly', 'that does not|never work|help|scale', 'i disagree', 'not a good idea', 'bad idea',
      'we can not', 'that is|sounds too|a risky|bad|much|dangerous|slow', 'let us not', 'not yet $', 'not now $', 'i hate {task}',
      '^ no it|that|we|they|i', 'we do not need|want {task}', 'that is|would be overkill',
    ],
    examples: ["I'd rather not.", 'No, please don’t.', 'Better not.', "Let's not.", "I wouldn't.", 'Probably not.'],
  },
  {
    id: 'cancel.forget', kind: 'cancel', weight: 0.85,
    patterns: [
      'forget|scratch|scrap|drop|ignore|strike it|that|this|about !what|one', 'forget about {task}',
      '^ forget|scratch|scrap|skip the|my|your|about {task}', 'never mind', 'no need', 'no . needed', 'not necessary|needed',
      'not needed|necessary anymore', 'do not bother', 'cancel|skip it|that|this', 'actually no', 'no wait', 'take that back', 'i take it|that back',
      'that is off the|our list', 'we do not need|have to {task}', 'we do not need a|an|the|any|that|this|it {task}', 'you do not need|have to {task}',
      'that is obsolete', 'that is @ADV? been? done already', 'that has already been {task}', 'turns out we|it|they do|does not {task}',
      'do not do|worry {task}', 'leave it $', 'hold off on {task}', 'hold|leave that|it off',
    ],
    examples: ['Forget it.', 'Never mind.', "So we don't need a room.", 'So no call needed.'],
    not: ["Don't forget to call."],
  },
  {
    id: 'dueChange.say', kind: 'dueChange', weight: 0.85,
    patterns: [
      'let us say|make|do|take it|that? rather|better? #due', 'make|call it|that rather|better? #due',
      'move|push|shift|postpone|delay it|that|this|the? .* to|until|till #due', 'scratch|scrap|forget|ignore what|that i said about {task}',
      '. is|are too tight|early|soon|late|ambitious', '#due is|would be @ADV? too? tight|better|safer|early|easier', '^ rather|instead|better #due',
      '^ #due instead|rather', 'comes|arrives|follows #due', 'i meant|mean #due', 'not #due but #due', 'need|needs until|till #due', 'more like #due',
      'say #due', 'can we make|say it? #due',
    ],
    examples: ["Let's say next Monday.", 'Make it Thursday.', 'Thursday is too tight for the adapter.', "Let's move it to Friday."],
    not: ['Make it work.'],
  },
  {
    id: 'dueConfirm.fine', kind: 'dueConfirm', weight: 0.6,
    patterns: [
      '#due is|would be|are @ADV? fine|okay|good|perfect|great|enough|realistic|works|possible|doable', '#due works|suits|sounds|it',
      '.* .* .* .* #due is @ADV? realistic|possible|doable|fine|enough', '^ until|by|before? #due $', '^ #due at the latest', '^ at the latest #due',
      'give me #due', 'i need @ADP? #due $', 'it|that|this|they will be @ADV? @VERB|ADJ|ADV @ADP? #due', 'it|that|this is due #due',
      'it|that|this has to be @VERB|ADJ #due',
    ],
    examples: ['Next Monday is fine.', 'Thursday works.', 'A first cut by the end of the month is realistic.'],
  },
];
