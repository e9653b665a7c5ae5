/**
 * PulseAudio, and PipeWire with its PulseAudio server. `pactl subscribe` reports changes of source
 * outputs, the recording streams; `pactl list source-outputs` gives their programs. The text form
 * is the same since 2009.
 */
import { ask, findProgram } from '../programs';
import { listAfterLines } from './pacedList';
import { type MicrophoneStream, plainName, type SystemModule } from './systemModule';

export const pulse: SystemModule = async (context, events) => {
  const { env, platform } = context;
  const pactl = findProgram('pactl', env, platform);
  if (pactl === undefined || (await ask(pactl, ['info'], env)).code !== 0) return undefined;
  const list = async () => {
    const [outputs, sources] = await Promise.all([
      ask(pactl, ['list', 'source-outputs'], env),
      ask(pactl, ['list', 'short', 'sources'], env),
    ]);
    if (outputs.code === 0 && sources.code === 0)
      events.onStreams(parseSourceOutputs(outputs.stdout, sources.stdout));
  };
  return listAfterLines(
    context,
    { program: pactl, args: ['subscribe'], mark: 'on source-output #' },
    { list, onEnd: () => events.onEnd() },
  );
};

/**
 * Streams of programs that record a microphone. Left out: monitors of the speakers, level meters,
 * paused streams and the server's own filters.
 * @param outputs `pactl list source-outputs` in English
 * @param sources `pactl list short sources`
 */
export function parseSourceOutputs(outputs: string, sources: string): readonly MicrophoneStream[] {
  const monitors = new Set(
    sources.split('\n').flatMap((line) => {
      const [index = '', name = ''] = line.split('\t');
      return name.endsWith('.monitor') ? [index] : [];
    }),
  );
  return outputs.split(/^Source Output #/m).flatMap((part): MicrophoneStream[] => {
    const field = (name: string): string =>
      new RegExp(`^\\t${name}: (.*)$`, 'm').exec(part)?.[1] ?? '';
    const property = (name: string): string =>
      new RegExp(`^\\t\\t${name.replaceAll('.', '\\.')} = "(.*)"$`, 'm').exec(part)?.[1] ?? '';
    const binary = property('application.process.binary');
    const name = property('application.name') || binary;
    const listens =
      name !== '' &&
      !monitors.has(field('Source')) &&
      field('Corked') !== 'yes' &&
      field('Resample method') !== 'peaks' &&
      property('stream.capture.sink') !== 'true' &&
      property('stream.monitor') !== 'true' &&
      property('media.name') !== 'Peak detect';
    if (!listens) return [];
    const pid = Number(property('application.process.id'));
    return [
      {
        id: plainName(binary || name),
        name: plainName(name),
        ...(Number.isInteger(pid) && pid > 0 ? { pid } : {}),
      },
    ];
  });
}
