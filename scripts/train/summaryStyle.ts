/**
 * Writes daemon/insights/summaryStyle.ts: the frequency of each closed-class word in written
 * summaries. The counts come from the summaries of the AMI meetings beside the repository (CC BY
 * 4.0). Run: `npx tsx scripts/train/summaryStyle.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAmiMeetings, styleOf } from '../../bench/amiText';

const style = styleOf(loadAmiMeetings());
const lines = Object.entries(style).map(
  ([word, share]) => `${/^[a-z]+$/.test(word) ? word : `"${word}"`}: ${share}`,
);
const rows: string[] = [];
for (let at = 0; at < lines.length; at += 10)
  rows.push(`  ${lines.slice(at, at + 10).join(', ')},`);
writeFileSync(
  join(__dirname, '../../daemon/insights/summaryStyle.ts'),
  `/**
 * How often written summaries of meetings have each closed-class word, as a share of their words. Made by
 * scripts/train/summaryStyle.ts from the summaries of 20 AMI meetings (CC BY 4.0); do not edit.
 */
export type SummaryStyle = Readonly<Record<string, number>>;

export const SUMMARY_STYLE: SummaryStyle = {
${rows.join('\n')}
};
`,
);
