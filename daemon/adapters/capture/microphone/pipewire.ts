/**
 * PipeWire without its PulseAudio server. `pw-dump --monitor` writes all objects once, and then
 * each changed object, as JSON arrays.
 */
import { z } from 'zod';
import { ask, findProgram } from '../programs';
import { runLong } from './longProgram';
import { type MicrophoneStream, plainName, type SystemModule } from './systemModule';

/** One array has all objects of a machine; a longer text is dropped. */
const ARRAY_MAX_CHARS = 8_000_000;

const Property = z.union([z.string(), z.number(), z.boolean()]);
const PwObject = z.object({
  id: z.number(),
  info: z
    .object({
      state: z.string().optional(),
      props: z.record(z.string(), z.unknown()).optional(),
    })
    .nullish(),
});
type PwObject = z.infer<typeof PwObject>;

export const pipewire: SystemModule = async (context, events) => {
  const { env, platform } = context;
  const dump = findProgram('pw-dump', env, platform);
  if (dump === undefined || (await ask(dump, [], env)).code !== 0) return undefined;
  const objects = new PipewireObjects();
  let text = '';
  return runLong(context, dump, ['--monitor', '--no-colors'], {
    onLine: (line) => {
      if (line === '[') text = '';
      if (text.length < ARRAY_MAX_CHARS) text += `${line}\n`;
      if (line === ']' && objects.take(text)) events.onStreams(objects.streams());
    },
    onEnd: () => events.onEnd(),
  });
};

/** The nodes and clients that PipeWire reported. */
export class PipewireObjects {
  private readonly byId = new Map<number, NonNullable<PwObject['info']>>();
  private any = false;

  /** @returns true for the first array, and if a recording stream may have changed */
  take(json: string): boolean {
    let given: unknown;
    try {
      given = JSON.parse(json);
    } catch {
      return false;
    }
    if (!Array.isArray(given)) return false;
    let changed = !this.any;
    this.any = true;
    for (const one of given as unknown[]) {
      const parsed = PwObject.safeParse(one);
      if (!parsed.success) continue;
      const { id, info } = parsed.data;
      const before = this.byId.get(id);
      if (info) this.byId.set(id, info);
      else this.byId.delete(id);
      changed ||= isRecording(before) || isRecording(info);
    }
    return changed;
  }

  streams(): readonly MicrophoneStream[] {
    return [...this.byId.values()].flatMap((info): MicrophoneStream[] => {
      if (!isRecording(info) || info?.state !== 'running') return [];
      const client = this.byId.get(Number(text(info.props, 'client.id')))?.props;
      const property = (name: string): string => text(info.props, name) || text(client, name);
      if (property('stream.capture.sink') === 'true' || property('stream.monitor') === 'true')
        return [];
      const binary = property('application.process.binary');
      const name = property('application.name') || binary || property('node.name');
      if (name === '') return [];
      const pid = Number(property('application.process.id') || property('pipewire.sec.pid'));
      return [
        {
          id: plainName(binary || name),
          name: plainName(name),
          ...(Number.isInteger(pid) && pid > 0 ? { pid } : {}),
        },
      ];
    });
  }
}

const isRecording = (info: PwObject['info']): boolean =>
  text(info?.props, 'media.class') === 'Stream/Input/Audio';

function text(props: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const parsed = Property.safeParse(props?.[name]);
  return parsed.success ? String(parsed.data) : '';
}
