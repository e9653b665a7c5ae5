/**
 * A slow engine on a simulated clock: scripted delays at 0.5, 0.9, 1.5 and 3 times real time for 30
 * minutes of speech, with and without a faster provider, then the load ends. Real pool, routes and
 * degradation; only the recogniser's time is made up.
 */
import { ManualClock } from '../daemon/base/clock';
import { slowEngines, slowModel, Speaker } from '../testing/fakes/slowEngines';
import { reportResults, type Row } from './report';

const SECOND = 1_000;
const SLOW_MS = 30 * 60 * SECOND;
const STEP_MS = 500;

async function measure(rtf: number, standIn: boolean): Promise<Row> {
  const clock = new ManualClock();
  const first = slowModel('one', 'first', 0.1);
  const engines = slowEngines(clock, standIn ? [first, slowModel('two', 'second', 0.05)] : [first]);
  const engine = engines.open({ language: 'en', live: true });
  const steps: string[] = [];
  engine.onDidWarn(({ code }) => code === 'engine.degraded' && steps.push(engine.degradationLevel));
  const speaker = new Speaker(clock, engine);
  const ready = engine.ready();
  await speaker.silence(2 * SECOND);
  await ready;
  await speaker.speak(30 * SECOND, STEP_MS);
  first.rtf = rtf;
  await speaker.speak(SLOW_MS, STEP_MS);
  const under = engine.degradationLevel;
  const stepsUnderLoad = steps.length;
  const lag = Math.max(...speaker.recognised.map(({ lagMs }) => lagMs));
  first.rtf = 0.1;
  const ended = clock.now();
  while (engine.degradationLevel !== 'NORMAL' && clock.now() - ended < 60 * 60 * SECOND)
    await speaker.speak(SECOND, STEP_MS);
  const back = clock.now() - ended;
  await speaker.silence(120 * SECOND, STEP_MS);
  const texts = new Set(speaker.recognised.map(({ text }) => text));
  const lost = Array.from({ length: speaker.said }, (_, i) => `phrase ${i + 1}`).filter(
    (text) => !texts.has(text),
  ).length;
  engines.dispose();
  return {
    'delay × real time': rtf,
    'faster recogniser': standIn ? 'yes' : 'none',
    'level after 30 min': under,
    'steps in 30 min': stepsUnderLoad,
    'finals lost': lost,
    'finals doubled': speaker.recognised.length - speaker.said,
    'longest lag (s)': (lag / SECOND).toFixed(1),
    'NORMAL after (s)': (back / SECOND).toFixed(0),
  };
}

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const standIn of [true, false])
    for (const rtf of [0.5, 0.9, 1.5, 3]) rows.push(await measure(rtf, standIn));
  reportResults({
    about: [
      'Phrases of 5 s without a pause for 30 minutes, one decoder each, on a simulated clock.',
      'A model loads in 1 s.',
      'Without a faster recogniser lag grows with the load; the backlog is decoded after it ends.',
    ].join(' '),
    rows,
    metrics: {
      'finals lost or doubled behind a slow engine': {
        value: rows.reduce(
          (sum, row) => sum + Number(row['finals lost']) + Number(row['finals doubled']),
          0,
        ),
        better: 'lower',
        product: true,
      },
    },
  });
}

void main();
