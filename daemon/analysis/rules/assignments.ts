/** Ways in which work gets an owner by name. */
import type { CueRule } from './types';

export const ASSIGNMENT_RULES: readonly CueRule[] = [
  {
    id: 'assign.will', kind: 'assign', person: 'named', weight: 0.8, mood: 'statement',
    patterns: [
      '#name will|shall @ADV* !be|have|not|never|love|know {task}', '#name is going to {task}', '#name has|needs|is to @ADV* {task}',
      '#name should|must|can @ADV* !have|be|not {task}', '^ #name to {task}', '#name agreed|offered|volunteered|promised to {task}',
      '#name is responsible for {task}', '#name is @ADV? doing|handling|taking|writing|preparing|presenting {task}',
    ],
    examples: ['#Ben will open the ticket.', '#Ben is going to call the vendor.', '#Ben to update the docs.'],
    not: ['#Ben will be late.'],
  },
  {
    id: 'assign.present', kind: 'assign', person: 'named', weight: 0.7, mood: 'statement',
    patterns: [
      '^ #name has|owns|takes|does|gets|handles|keeps|writes|presents|drives|leads|covers {task}',
      '^ #name owns|takes|does|presents|drives|leads|covers $', 'i assign|give|leave {task}',
    ],
    examples: ['Okay, #Ben has the guest checkout.', '#Ben presents.', '#Ben owns the library then.'],
  },
  {
    id: 'handOver.to', kind: 'handOver', person: 'named', weight: 0.8, mood: 'statement',
    patterns: [
      'give|assign|hand|pass it|that|this|them to #name', 'it|that|this goes|falls to|on #name', 'it|that|this one? is on|for|with #name',
      'that|it is|would be #name $', 'it|that is #name then? !and|who|from|in|on|at not|instead {task}', 'it is #name then? $',
      'let #name do|take|handle {task}', '#name not #name', 'put #name on|down {task}',
      '#name can|could|will|should|would do|take|handle it|that|this',
    ],
    examples: ['Give it to #Ben.', "So it's #Ben, not #Priya.", "That's on #Ben."],
  },
  {
    id: 'handOver.you', kind: 'handOver', person: 'addressee', weight: 0.7,
    patterns: ['that|this|it is @ADV? one? for you', 'that|this|it is @ADV? yours', 'over to you', 'up to you $', 'you|yours this time', 'that|this one? has your name on'],
    examples: ["#Ben, that's one for you, isn't it?", "That's yours, #Ben."],
  },
  {
    id: 'thank.name', kind: 'thank', weight: 0.5,
    patterns: ['^ thanks|thank @PRON?', 'thanks|appreciated|cheers $', 'thank you'],
    examples: ['Thanks, #Ben.', 'Great, thank you, #Ben.'],
  },
];
