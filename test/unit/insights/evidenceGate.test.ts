/** Nothing passes without words that were said, not even from a source that lies. */
import { deepEqual } from 'node:assert/strict';
import { evidenceGate } from '../../../daemon/insights/evidenceGate';
import type { Evidence } from '../../../daemon/insights/types';
import type { Segment } from '../../../daemon/transcript/types';

const segment = (id: string, text: string, hidden = false): [string, Segment] => [
  id,
  {
    id,
    text,
    hidden,
    startMs: 0,
    endMs: 1000,
    source: 'mic',
    speaker: 'You',
    confidence: 1,
    revision: 0,
  },
];
const segments = new Map([
  segment('s1', 'I’ll fix the  parser by Friday.'),
  segment('s2', 'We use Redis.'),
  segment('s3', 'We use Redis.', true),
]);
const quote = (segmentId: string, text: string): Evidence => ({
  segmentId,
  startMs: 0,
  endMs: 1000,
  quote: text,
});

function check(evidence: readonly Evidence[], passing: readonly string[]): void {
  const { passed, refused } = evidenceGate([{ evidence }], segments);
  deepEqual(
    [passed.flatMap((finding) => finding.evidence.map((item) => item.quote)), refused],
    [passing, passing.length === 0 ? 1 : 0],
  );
}

describe('evidence gate', () => {
  it('lets a quote pass that stands in its segment', () =>
    check([quote('s2', 'We use Redis.')], ['We use Redis.']));
  it('does not mind blanks and the kind of apostrophe', () =>
    check([quote('s1', "I'll fix the parser")], ["I'll fix the parser"]));
  it('refuses words that nobody said', () => check([quote('s2', 'We use Postgres.')], []));
  it('refuses a quote from another segment', () => check([quote('s1', 'We use Redis.')], []));
  it('refuses a segment that does not exist', () => check([quote('s9', 'We use Redis.')], []));
  it('refuses what a hidden echo said', () => check([quote('s3', 'We use Redis.')], []));
  it('refuses an empty quote and no quote', () => {
    check([quote('s2', ' ')], []);
    check([], []);
  });
  it('takes the false quote off and keeps the true one', () =>
    check([quote('s2', 'We use Postgres.'), quote('s2', 'We use Redis.')], ['We use Redis.']));
});
