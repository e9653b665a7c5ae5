// Imitates voxtral.c: `-d FOLDER --stdin -I SECONDS`, "Model loaded." on stderr, raw s16le on
// stdin. Writes a word to stdout for every half second of audio. Writes the rest and a line end
// after stdin closes. FOLDER/script.json defines its failures.
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const args = process.argv.slice(2);
const folder = args[args.indexOf('-d') + 1] ?? '';
if (!args.includes('-d') || !args.includes('--stdin') || !args.includes('-I')) process.exit(1);
if (!existsSync(join(folder, 'consolidated.safetensors'))) {
  process.stderr.write(`vox_load: cannot open ${folder}/consolidated.safetensors\n`);
  process.exit(1);
}
const script = existsSync(join(folder, 'script.json'))
  ? JSON.parse(readFileSync(join(folder, 'script.json'), 'utf8'))
  : {};
const life = existsSync(join(folder, 'lives'))
  ? readFileSync(join(folder, 'lives'), 'utf8').length
  : 0;
appendFileSync(join(folder, 'lives'), 'x');
if (script.ignoreTerm) process.on('SIGTERM', () => undefined);
const NUMBERS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

let bytes = 0;
let said = 0;
const say = (word) => process.stdout.write(said++ === 0 ? word : ` ${word}`);
const drain = () => {
  for (; said < Math.floor(bytes / 16_000) && said < NUMBERS.length;) say(NUMBERS[said]);
};
process.stderr.write('Loading weights...\n');
if (!script.neverReady) {
  setTimeout(() => {
    process.stderr.write('Model loaded.\n');
    process.stdin.on('data', (chunk) => {
      if (bytes === 0 && chunk.subarray(0, 4).toString('latin1') === 'RIFF') process.exit(3);
      bytes += chunk.length;
      if (script.crashInLives?.includes(life) && bytes > 8000) process.kill(process.pid, 'SIGKILL');
      if (!script.silentUntilEnd) drain();
    });
    process.stdin.on('end', () => {
      if (bytes < 4) {
        process.stderr.write('Not enough data on stdin\n');
        process.exit(1);
      }
      if (script.hangAtEnd) return void setInterval(() => undefined, 1000);
      drain();
      process.stdout.write('\n', () => process.exit(0));
    });
  }, script.readyMs ?? 5);
} else setInterval(() => undefined, 1000);
