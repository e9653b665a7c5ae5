/**
 * Scores labelled meetings with a turn encoder, whole and in stretches, exact and with errors of a
 * recogniser. Run: `node --require tsx/cjs scripts/train/turns/score.ts MODEL.onnx OUT.json
 * MEETING.json…`; give each meeting to an encoder that was not trained on it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelledMeeting } from '../../../testing/scoring/insightsScore';
import { mishearMeeting } from '../../../bench/recogniserNoise';
import { TurnEncoder } from '../../../daemon/adapters/inference/embeddings/turnEncoder';

/** A meeting, or a stretch of it, with the logits of its turns. */
export interface ScoredMeeting {
  readonly meeting: LabelledMeeting;
  readonly form: 'whole' | 'misheard' | 'stretch';
  /** First turn of the stretch in the meeting. */
  readonly from: number;
  readonly logits: readonly (readonly number[])[];
}

const NOISE_SEED = 1;
/** Turns of a stretch: a short call. */
const STRETCH = 16;

async function main([model = '', out = '', ...files]: readonly string[]): Promise<void> {
  const encoder = new TurnEncoder();
  const tokenizer = join(__dirname, '..', '..', '..', 'models', 'turn-encoder', 'tokenizer.json');
  await encoder.load({ id: 'turn-encoder', files: { model, tokenizer } });
  const scored: ScoredMeeting[] = [];
  const add = async (meeting: LabelledMeeting, form: ScoredMeeting['form'], from: number) => {
    const rows = await encoder.score(
      meeting.turns.map(({ who, text }) => ({ speaker: who, text })),
    );
    const logits = rows.map((row) => [...row].map((x) => Number(x.toFixed(3))));
    scored.push({ meeting, form, from, logits });
  };
  for (const file of files) {
    const meeting = JSON.parse(readFileSync(file, 'utf8')) as LabelledMeeting;
    const misheard = mishearMeeting(meeting, 1, NOISE_SEED);
    await add(meeting, 'whole', 0);
    await add(misheard, 'misheard', 0);
    for (let from = 0; from < meeting.turns.length; from += 2 * STRETCH)
      await add(
        { ...misheard, turns: misheard.turns.slice(from, from + STRETCH) },
        'stretch',
        from,
      );
  }
  writeFileSync(out, JSON.stringify(scored));
  console.log(`${scored.length} texts of ${files.length} meetings`);
}

if (require.main === module) void main(process.argv.slice(2));
