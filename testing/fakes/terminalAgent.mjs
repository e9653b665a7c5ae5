#!/usr/bin/env node
// A coding agent for tests: asks its terminal for bracketed paste, makes the file in its first
// argument, and writes each input there as a line of JSON. Ends with Ctrl+C.
import { appendFileSync, writeFileSync } from 'node:fs';

const file = process.argv[2];
process.stdin.setRawMode?.(true);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (data) => {
  appendFileSync(file, `${JSON.stringify(data)}\n`);
  if (data === '\x03') {
    process.stdout.write('\x1b[?2004l\r\n');
    process.exit(0);
  }
});
process.stdout.write('\x1b[?2004hagent is ready> ');
writeFileSync(file, '');
