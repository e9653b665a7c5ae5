/**
 * `tsx bench/localModel.ts FILE.gguf [MINUTES [TOKENS]]`: what a local language model costs. It takes the
 * exam, then reads a meeting of 30 minutes, made of natural meetings one after the other, even
 * if the exam says that it writes nothing. Prints JSON: seconds, tokens a second, highest memory of
 * the process, and the longest stall of this process's event loop, which does what the daemon does.
 */
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { queueForLocal } from '../daemon/adapters/llm/configuredModel';
import { LocalModel } from '../daemon/adapters/llm/local/localModel';
import { RUNNER_USES_GPU, runnerAddon } from '../daemon/adapters/llm/local/runner';
import { freeMemory } from '../daemon/adapters/system/freeMemory';
import { systemClock } from '../daemon/base/clock';
import type { LogFields, Logger } from '../daemon/base/logger';
import { silentLogger } from '../daemon/base/logger';
import { createAnalyzerFactory } from '../daemon/insights/analyzerFactory';
import { MemoryExamResults } from '../daemon/insights/model/examResults';
import type { Capability } from '../daemon/insights/write/exam';
import { EXAM, EXAM_SCHEMA, gradeExam } from '../daemon/insights/write/exam';
import { languageWorkerEntry } from '../daemon/programFiles';
import type { Segment } from '../daemon/transcript/types';
import { type LabelledMeeting, segmentsOf } from '../testing/scoring/insightsScore';
import { NATURAL } from '../testing/scoring/recordedAnswers';

/** Memory that the check before loading asks for; the file's size decides for a real model. */
const RESIDENT_TIMES = 1.7;
/** USER_HZ of Linux. */
const TICKS_A_SECOND = 100;
const MEETINGS = [
  'refinement-citybikes',
  'incident-thermostats',
  'planning-timetables',
  'security-pentest',
  'release-photo-editor',
  'customer-bakeries',
];

/** Segments of several meetings, one after the other, up to a length. */
function meetingOf(minutes: number): Segment[] {
  const all: Segment[] = [];
  for (const name of MEETINGS) {
    const file = join(NATURAL, `${name}.json`);
    const segments = segmentsOf(JSON.parse(readFileSync(file, 'utf8')) as LabelledMeeting, 'named');
    const startMs = all.at(-1)?.endMs ?? 0;
    for (const one of segments)
      all.push({
        ...one,
        id: `${name}-${one.id}`,
        startMs: one.startMs + startMs,
        endMs: one.endMs + startMs,
      });
  }
  return all.filter(({ endMs }) => endMs <= minutes * 60_000);
}

/** Processor time of a process so far, which other programs do not lengthen; Linux alone. */
function cpuSeconds(pid: number | undefined): number | undefined {
  try {
    const fields =
      readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}

async function main(file: string, minutes: number, maxTokens: number): Promise<void> {
  const bytes = statSync(file).size;
  const answers: LogFields[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (event, fields) => {
      if (event !== 'llm.local.answered' || !fields) return;
      const answer = { ...fields, cpuSeconds: cpuSeconds(model.running?.pid) };
      answers.push(answer);
      process.stderr.write(`${JSON.stringify(answer)}\n`);
    },
  };
  const addon = await runnerAddon({ files: () => Promise.reject(new Error()) }, (name) =>
    require.resolve(name),
  );
  let peakBytes = 0;
  const model = new LocalModel({
    modelId: 'measured',
    name: 'Measured',
    worker: languageWorkerEntry(),
    files: () =>
      Promise.resolve({
        model: {
          id: 'measured',
          files: { model: file },
          residentBytes: Math.round(RESIDENT_TIMES * bytes),
        },
        addon,
      }),
    freeMemory,
    gpu: RUNNER_USES_GPU,
    clock: systemClock,
    logger,
    limits: { maxTokens },
  });
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, model.running?.peakBytes ?? 0);
  }, 500);
  const forever = new AbortController().signal;
  const begun = performance.now();
  const exam = await model.complete(EXAM, EXAM_SCHEMA, forever);
  const examSeconds = (performance.now() - begun) / 1000;
  const level: Capability = gradeExam(exam);

  const exams = new MemoryExamResults();
  exams.set(model.id, 'strong');
  const segments = meetingOf(minutes);
  const analyzer = createAnalyzerFactory({
    model: () => queueForLocal(model, systemClock, { exams }),
  }).create({ startedAt: '2026-11-23T09:30:00+01:00' });
  analyzer.update(segments);
  analyzer.finish();
  answers.length = 0;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const reading = performance.now();
  const outcome = await analyzer.model?.read(true, forever);
  const readSeconds = (performance.now() - reading) / 1000;
  delay.disable();
  clearInterval(watch);
  model.dispose();
  process.stdout.write(
    `${JSON.stringify(
      {
        processors: availableParallelism(),
        load: loadavg()[0],
        fileBytes: bytes,
        exam: { level, answer: exam, seconds: examSeconds },
        meeting: { minutes, segments: segments.length, seconds: readSeconds },
        answers,
        outcome: { answered: outcome?.answered, usage: outcome?.usage, failure: outcome?.failure },
        peakBytes,
        longestStallMs: delay.max / 1e6,
      },
      null,
      1,
    )}\n`,
  );
}

const [file, minutes = '30', maxTokens = '3000'] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Name a GGUF file: tsx bench/localModel.ts FILE.gguf [MINUTES [TOKENS]]\n');
  process.exitCode = 2;
} else void main(file, Number(minutes), Number(maxTokens));
