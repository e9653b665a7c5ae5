// Writes docs/decisions/README.md from the decisions in that folder. `--check` only reports whether
// the index is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../docs/decisions');

const INTRODUCTION = `# Decisions

One file per decision: context, options with their measurements, decision, date.
A decision is never rewritten; a later one replaces it and links to it.
\`npm run docs\` writes this index.

Unless a file says otherwise, measurements come from two shared cores (AMD EPYC) and Node 20.
"Word errors 45 + 116" means 45 of the 1,234 words of LibriSpeech clean and 116 of the 1,051 words of LibriSpeech other, joined to sessions with random pauses and decoded with Moonshine tiny.
"Decode time 1.4 ×" compares with decoding each utterance once as a whole; two values are clean / other.
"Points" are percentage points.
`;

/** Title and first sentence of the decision. */
function entryOf(name) {
  const text = readFileSync(path.join(folder, name), 'utf8');
  const [, number, title] = /^# (\d{4})\. (.+)$/m.exec(text) ?? [];
  const [, decision] = /^## Decision\n\n(.+)$/m.exec(text) ?? [];
  if (!number || !decision)
    throw new Error(
      `docs/decisions/${name} needs a first line "# NNNN. Title" and a section "## Decision".`,
    );
  return `- [${number}](${name}) **${title}.** ${decision}`;
}

/** The up-to-date index. */
export function decisionsIndex() {
  const names = readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name));
  return `${INTRODUCTION}\n${names.sort().map(entryOf).join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = path.join(folder, 'README.md');
  const index = decisionsIndex();
  if (!process.argv.includes('--check')) writeFileSync(file, index);
  else if (readFileSync(file, 'utf8') !== index) {
    console.error('docs/decisions/README.md is out of date; run `npm run docs`.');
    process.exitCode = 1;
  }
}
