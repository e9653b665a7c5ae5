/**
 * Prints how long redaction takes for odd texts, milliseconds by text, as JSON. It is a process of
 * its own: in a heap of other tests the collector takes most of the time.
 */
import { redact } from '../../../daemon/base/redaction/redact';

const ODD = [
  'a.',
  'a@',
  'secret',
  'token=',
  'password is ',
  ' at a dot ',
  '-----BEGIN ',
  'four ',
  '4 ',
  'eyJ',
  '://',
  'sig=',
  'a-',
  'Basic ',
];
const REPETITIONS = 20_000;
/** The fastest of several runs counts: other work on the machine only adds to a run. */
const RUNS = 7;

const times = ODD.map((odd) => {
  const text = odd.repeat(REPETITIONS);
  const runs = Array.from({ length: RUNS }, () => {
    const begun = performance.now();
    redact(text);
    return performance.now() - begun;
  });
  return [odd, Math.min(...runs)] as const;
});
process.stdout.write(JSON.stringify(times));
