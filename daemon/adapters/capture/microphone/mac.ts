/**
 * macOS, not proven on a Mac. The audio daemon holds a power assertion for each program that
 * records, with the resource `audio-in`. `pmset -g assertionslog` reports changes and
 * `pmset -g assertions` lists them, see pmset(1).
 */
import { ask, findProgram } from '../programs';
import { listAfterLines } from './pacedList';
import { type MicrophoneStream, plainName, type SystemModule } from './systemModule';

export const mac: SystemModule = async (context, events) => {
  const { env, platform } = context;
  const pmset = findProgram('pmset', env, platform);
  const ps = findProgram('ps', env, platform);
  if (pmset === undefined || ps === undefined) return undefined;
  const list = async () => {
    const assertions = await ask(pmset, ['-g', 'assertions'], env);
    if (assertions.code !== 0) return;
    const pids = parseAssertions(assertions.stdout);
    const names =
      pids.length === 0
        ? ''
        : (await ask(ps, ['-o', 'pid=,comm=', '-p', pids.join(',')], env)).stdout;
    events.onStreams(parseProcesses(names));
  };
  return listAfterLines(
    context,
    { program: pmset, args: ['-g', 'assertionslog'], mark: 'coreaudiod' },
    { list, onEnd: () => events.onEnd() },
  );
};

/**
 * Processes for which the audio daemon holds an assertion with `audio-in`.
 * @param text output of `pmset -g assertions`
 */
export function parseAssertions(text: string): readonly number[] {
  const pids = new Set<number>();
  let ofAudio = false;
  let pid: number | undefined;
  for (const line of text.split('\n')) {
    if (/^\s{0,20}pid \d{1,10}\(/.test(line)) {
      ofAudio = line.includes('(coreaudiod)');
      pid = undefined;
    }
    const created = /^\s{0,20}Created for PID: (\d{1,10})/.exec(line)?.[1];
    if (created !== undefined) pid = Number(created);
    if (ofAudio && pid !== undefined && /\baudio-in\b/.test(line)) pids.add(pid);
  }
  return [...pids];
}

/** @param text output of `ps -o pid=,comm=`; an app's path gives its name */
export function parseProcesses(text: string): readonly MicrophoneStream[] {
  return text.split('\n').flatMap((line): MicrophoneStream[] => {
    const words = line.trim();
    const blank = words.indexOf(' ');
    const pid = Number(words.slice(0, blank));
    if (blank < 0 || !Number.isInteger(pid)) return [];
    const parts = words.slice(blank + 1).split('/');
    const app = parts.find((part) => part.endsWith('.app'))?.slice(0, -'.app'.length);
    const name = plainName(app ?? parts.at(-1) ?? '');
    return name === '' ? [] : [{ id: name, name, pid }];
  });
}
