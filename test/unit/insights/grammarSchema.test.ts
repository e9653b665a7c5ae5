import { deepEqual } from 'node:assert/strict';
import { grammarSchema } from '../../../daemon/adapters/llm/local/grammarSchema';
import { isWholeJson } from '../../../daemon/adapters/llm/local/wholeJson';
import { EXAM_SCHEMA } from '../../../daemon/insights/write/exam';
import { answerSchema } from '../../../daemon/insights/write/prompt';
import { VERIFY_SCHEMA } from '../../../daemon/insights/write/verify';

describe('the grammar of a local model', () => {
  it('takes the schemas of the prompts', () => {
    deepEqual(grammarSchema(VERIFY_SCHEMA), {
      type: 'object',
      properties: {
        answers: {
          type: 'array',
          items: {
            type: 'object',
            properties: { n: { type: 'integer' }, says: { enum: ['yes', 'no'] } },
          },
          maxItems: 100,
        },
      },
    });
    deepEqual(Object.keys(grammarSchema(EXAM_SCHEMA)['properties'] as object), [
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('writes alternatives as oneOf and leaves lengths out', () => {
    const { properties } = grammarSchema(answerSchema(undefined)) as {
      properties: { items: { items: { properties: Record<string, unknown> } } };
    };
    deepEqual(properties.items.items.properties['owner'], {
      oneOf: [{ type: 'string' }, { type: 'null' }],
    });
    deepEqual(properties.items.items.properties['text'], { type: 'string' });
  });

  it('knows the end of an object', () => {
    deepEqual(['{"a": 1}', '{"a": {"b": 2}', '{"a": "}', '12', '{"a": 1}\n'].map(isWholeJson), [
      true,
      false,
      false,
      false,
      true,
    ]);
  });
});
