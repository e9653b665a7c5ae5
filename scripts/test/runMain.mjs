// Runs the main function of a test runner: children end with it, and a failure still prints the last
// line that callers read.
import { SetupError } from '../setup.mjs';
import { killAll } from './jobs.mjs';

/** @param lastLine of a run that could not begin or broke off */
export async function runMain(main, lastLine) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      killAll();
      process.exit(130);
    });
  }
  await main().catch((error) => {
    console.error(error instanceof SetupError ? error.message : error);
    console.log(lastLine);
    process.exitCode = 1;
  });
}
