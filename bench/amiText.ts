/** The AMI meetings beside the repository as segments, and their written summaries. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Segment } from '../daemon/transcript/types';
import { SHARED } from '../testing/harness/speechPath';

const FILE = join(SHARED, 'data', 'ami_text', 'dev.jsonl.gz');
/** Milliseconds a word takes, for texts without times. */
const WORD_MS = 350;

export interface AmiMeeting {
  readonly id: string;
  readonly meeting: readonly {
    readonly speaker: string;
    readonly role: string;
    readonly text: string;
  }[];
  readonly summary: readonly string[];
}

/** Empty where they are absent. */
export function loadAmiMeetings(): AmiMeeting[] {
  if (!existsSync(FILE)) return [];
  return gunzipSync(readFileSync(FILE))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AmiMeeting);
}

export function segmentsOfAmi({ meeting }: AmiMeeting): Segment[] {
  let now = 0;
  return meeting.flatMap(({ speaker, text }, i): Segment[] => {
    const clean = untokenised(text);
    const startMs = now;
    now += clean.split(/\s+/).length * WORD_MS;
    if (!/\p{L}/u.test(clean)) return [];
    return [
      {
        id: `s${i + 1}`,
        source: 'file',
        startMs,
        endMs: now,
        speaker,
        text: clean,
        confidence: 1,
        revision: 0,
      },
    ];
  });
}

/** "I 'm fine ." as it is written everywhere else. */
function untokenised(text: string): string {
  return text
    .replace(/\b(gon|wan) na\b/gi, '$1na')
    .replace(/\bgot ta\b/gi, 'gotta')
    .replace(/\s+(?=[.,!?;:])/g, '')
    .replace(/\s+(?=['’](?:s|m|re|ve|ll|d)\b)/gi, '')
    .replace(/\s+(?=n['’]t\b)/gi, '')
    .replace(/\s+-\s+/g, '-')
    .replace(/^[.,;:\s]+/, '')
    .trim();
}
