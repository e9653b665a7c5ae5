/** Word lists of other dictation programs. */
import { deepEqual } from 'node:assert/strict';
import { readWordList } from '../../../extension/dictation/wordList';

describe('word list', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    [
      'one word a line',
      '\uFEFFKubernetes\r\n# comment\n\n PostgreSQL \nKubernetes\n',
      ['Kubernetes', 'PostgreSQL'],
    ],
    [
      'CSV with a head',
      'spoken,replacement\n"post gres","Postgre""SQL"\nk eights,K8s\n',
      ['Postgre"SQL', 'K8s'],
    ],
    ['CSV without a head', 'Kubernetes;12\nRedis;3\n', ['Kubernetes', 'Redis']],
    ['JSON of words', '["Redis", 7, "gRPC"]', ['Redis', 'gRPC']],
    [
      'JSON of objects',
      '{"dictionary": [{"word": "Redis", "uses": 3}, {"phrase": "gRPC"}]}',
      ['Redis', 'gRPC'],
    ],
    ['what is no word', `${'x'.repeat(61)}\n123\n---\nok\u0007\nRedis\n`, ['Redis']],
    ['broken JSON', '{"words": [', []],
    ['nothing', '', []],
  ];
  for (const [title, text, expected] of cases)
    it(title, () => deepEqual(readWordList(text), expected));
});
