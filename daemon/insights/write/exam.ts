/**
 * Five questions about a short conversation that measure whether a model can write notes. One
 * request; the result is stored, so a model takes the exam once.
 */
import { z } from 'zod';
import type { ChatMessage } from '../model/languageModel';
import { objectIn } from './prompt';

/** Changes with the questions and their grading; results of another exam do not count. */
export const EXAM_VERSION = 1;

/** Writes whole meetings; writes single lines; writes nothing usable. */
export type Capability = 'strong' | 'middle' | 'none';

const TALK = `1 | Rosa: The nightly backup failed twice, and the report page is slow too.
2 | Emil: The page can wait. I'll look into the other one tomorrow.
3 | Rosa: Should we buy the second server, then?
4 | Emil: I'd say yes. Hm, no, the budget is gone. Let's not.
5 | Rosa: Okay, no. Jan, can you tell the suppliers?
6 | Jan: I'm off from today. Emil?
7 | Emil: Fine, I'll write to them on Monday.`;

export const EXAM_SYSTEM =
  'Answer five questions about a conversation as JSON only, with very short answers.';

const Answers = z.object({
  a: z.string().max(200),
  b: z.string().max(200),
  c: z.string().max(200),
  d: z.string().max(200),
  e: z.number(),
});
export const EXAM_SCHEMA: object = z.toJSONSchema(Answers);

export const EXAM: readonly ChatMessage[] = [
  { role: 'system', content: EXAM_SYSTEM },
  {
    role: 'user',
    content: `${TALK}

{"a": "what does Emil look into tomorrow, in two words", "b": "is the second server bought, yes or no", "c": "who writes to the suppliers", "d": "on which day", "e": number of the line in which the purchase is called off first}`,
  },
];

const RIGHT: readonly ((answers: z.infer<typeof Answers>) => boolean)[] = [
  ({ a }) => /backup/i.test(a) && !/page/i.test(a),
  ({ b }) => /^\W*no\b/i.test(b),
  ({ c }) => /emil/i.test(c) && !/jan|rosa/i.test(c),
  ({ d }) => /monday/i.test(d),
  ({ e }) => e === 4,
];
/** A model that misses one of five may still write whole meetings. */
const STRONG = 4;
const MIDDLE = 3;

/** @returns false if the answer holds no JSON object, for example because a filter answered */
export function isExamAnswer(text: string): boolean {
  return objectIn(text) !== undefined;
}

export function gradeExam(text: string): Capability {
  const answers = Answers.safeParse(objectIn(text));
  if (!answers.success) return 'none';
  const right = RIGHT.filter((isRight) => isRight(answers.data)).length;
  return right >= STRONG ? 'strong' : right >= MIDDLE ? 'middle' : 'none';
}
