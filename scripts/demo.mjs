// `npm run demo` runs setup, then transcribes the shipped recording of a stand-up with the daemon,
// like `earmark transcribe`. It prints transcript, speakers, and actions and decisions with their
// quotes.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root, setUp, SetupError } from './setup.mjs';

const RECORDING = 'demo/standup.flac';
const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
const [bold, dim, cyan, green, magenta] = [1, 2, 36, 32, 35].map(paint);
const width = Math.min(process.stdout.columns ?? 100, 110);

const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** Breaks text at spaces and indents all lines but the first. */
function wrap(text, indent) {
  const lines = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

function transcribe() {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        path.join(root, 'dist/cli.js'),
        'transcribe',
        '--split-channels',
        '--format',
        'json',
        RECORDING,
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(JSON.parse(text))
        : reject(new SetupError('Could not transcribe the recording; see the message above.')),
    );
  });
}

function showTranscript({ segments, speakers }) {
  console.log(`\n${bold('Transcript')}\n`);
  const names = Math.max(...segments.map((s) => s.speaker.length));
  let last = '';
  for (const { start, source, speaker, text } of segments) {
    const who =
      speaker === last
        ? ' '.repeat(names)
        : (source === 'mic' ? cyan : magenta)(speaker.padEnd(names));
    last = speaker;
    console.log(`  ${dim(clock(start).padStart(5))}  ${who}  ${wrap(text, names + 11)}`);
  }
  console.log(`\n${bold('Speakers')}\n`);
  for (const speaker of speakers) {
    const own = segments.filter((s) => s.speaker === speaker.name);
    const seconds = own.reduce((sum, s) => sum + s.end - s.start, 0);
    console.log(
      `  ${(speaker.source === 'mic' ? cyan : magenta)(speaker.name.padEnd(names))}  ` +
        `${clock(seconds)} of speech, ${speaker.source === 'mic' ? 'microphone' : 'computer audio'}`,
    );
  }
}

function showInsights(title, list, segments) {
  console.log(`\n${bold(title)}\n`);
  if (list.length === 0) console.log(`  ${dim('none')}`);
  for (const { text, owner, due, evidence } of list) {
    const facts = [
      owner && `@${owner}`,
      due && `due ${due.phrase}${due.date ? ` (${due.date})` : ''}`,
    ]
      .filter(Boolean)
      .join(', ');
    console.log(`  ${green('•')} ${wrap(`${text}${facts ? ` — ${facts}` : ''}`, 4)}`);
    for (const { segmentId, startMs, quote } of evidence) {
      const speaker = segments.find((s) => s.id === segmentId)?.speaker ?? '';
      console.log(dim(`    ${wrap(`“${quote}” — ${speaker}, ${clock(startMs / 1000)}`, 5)}`));
    }
  }
}

async function main() {
  await setUp();
  console.error(`Transcribing ${RECORDING} …`);
  const begun = performance.now();
  const session = await transcribe();
  const took = (performance.now() - begun) / 1000;
  showTranscript(session);
  showInsights('Action items', session.actions, session.segments);
  showInsights('Decisions', session.decisions, session.segments);
  showInsights('Open questions', session.questions, session.segments);
  showInsights('Risks', session.risks, session.segments);
  const seconds = Math.max(0, ...session.segments.map((s) => s.end));
  const speed = `${clock(seconds)} of conversation on two channels in ${took.toFixed(1)} s`;
  console.log(`\n${dim(`Transcribed ${speed}, on this machine.`)}`);
  console.log(dim('Try your own recording: node dist/cli.js transcribe FILE'));
}

await main().catch((error) => {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
});
