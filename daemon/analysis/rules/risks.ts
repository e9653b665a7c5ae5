/** Ways of naming a risk, and of leaving a question open. */
import type { CueRule } from './types';

export const RISK_RULES: readonly CueRule[] = [
  {
    id: 'risk.word', kind: 'risk', weight: 0.8, mood: 'statement',
    patterns: [
      'the|one|a|another|main|biggest|big risk|danger|concern|worry is {task}', 'risk|risky|dangerous|fragile|flaky|unsafe|insecure',
      'i|we am|are @ADV? worried|concerned|nervous|scared {task}', 'i|we am|are afraid of|that {task}', 'i|we worry {task}',
      'my|our worry|concern|fear is {task}', 'single point of failure', 'data loss',
      'lose|losing|loses|corrupt|corrupts|leak|leaks data|messages|money|customers|users|events|orders|updates', 'security hole|issue|problem|bug',
    ],
    examples: ['One risk is the migration.', "It's risky.", 'I worry about the deadline.', 'That would lose data.'],
    not: ['I am afraid we have to stop here.'],
  },
  {
    id: 'risk.might', kind: 'risk', weight: 0.6, mood: 'statement',
    patterns: [
      '!i|you might|may|could|can|would|will @ADV* break|fail|crash|leak|lose|die|explode|overflow|slip|corrupt|blow|flood|deadlock|hang|stall|overload|hurt|bite',
      'might|may|could @ADV* run|miss|expire|block|delay|apply {task}', 'could|might|may be too|a slow|late|big|small|problem|risk',
      'run|runs|running out of', 'is|are too big|slow|close|tight|small|late|old|large|fragile', 'only find|notice|see|know @ADP? when|after',
      'falls|fall over|apart', 'times|time|timed out', 'goes|go down|wrong', 'if . fails|crashes|breaks|leaves|quits|dies', 'otherwise we {task}',
    ],
    examples: ['The server could run out of memory.', 'If the worker crashes, we may apply it twice.', "It's too big for slow networks."],
    not: ['I will run the tests.'],
  },
];

export const QUESTION_RULES: readonly CueRule[] = [
  {
    id: 'open.said', kind: 'open', weight: 0.85, mood: 'statement',
    patterns: [
      'that|it|this is @ADV? an? open|unclear|undecided|unanswered', 'open question', 'is|are|remains still|@ADV? open|unclear|undecided',
      'to be decided|determined|discussed', 'tbd', 'we do not know yet|if|whether|how|what|who|why|when', 'nobody knows',
      'we have|need to find out|clarify|decide @ADV? {task}', 'not clear|sure|decided yet|if|whether|how|what|who|why|when', 'the question is {task}',
      'i wonder if|whether|how|what|who|why {task}', 'no idea who|how|what|if|when',
    ],
    examples: ["That's still open.", "We don't know yet.", "It's not clear who approves it."],
  },
  {
    id: 'unsure.reply', kind: 'unsure', weight: 0.8, mood: 'statement',
    patterns: [
      'no idea', 'good question', 'i do not know', 'i am not sure', 'not sure', 'hard to say|tell', 'i would have to check|ask|look',
      'let me check|ask|find', 'i have|need to ask|check|find', 'who knows', 'that is a good question', 'it depends', 'we will see', 'let me get back',
      'that is still open', 'still open',
    ],
    examples: ['Good question.', 'I have no idea.', "I'm not sure."],
  },
];
