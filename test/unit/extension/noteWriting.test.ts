/** The offer of better notes: which block the panel shows, and what the user's answers change. */
import { deepEqual, equal, match } from 'node:assert/strict';
import Module, { createRequire } from 'node:module';
import type { WritingHost, Written } from '../../../extension/writing/host';
import type * as Entry from '../../../extension/writing/noteWriting';

type Load = (request: string, ...rest: unknown[]) => unknown;

const WRITTEN: Written = {
  changed: 3,
  level: 'middle',
  requests: 4,
  inputTokens: 2_000,
  outputTokens: 345,
  estimated: true,
};

function setup(levels: object = { levels: [] }) {
  const model = { id: 'large', name: 'Acme Large', vendor: 'acme', family: 'large', version: '1' };
  const stored = new Map<string, unknown>();
  const calls: string[] = [];
  const answers: { modal?: string; pick?: string } = { modal: 'Write This Note' };
  const scene = {
    useEditorModel: false,
    write: (): Promise<Written> => Promise.resolve(WRITTEN),
  };
  const api = {
    lm: { selectChatModels: () => Promise.resolve([model]) },
    ProgressLocation: { Window: 10 },
    l10n: {
      t: (text: string, ...values: unknown[]) =>
        text.replace(/\{(\d)\}/g, (_, n: string) => String(values[Number(n)])),
    },
    commands: { executeCommand: (...args: string[]) => void calls.push(args.join(' ')) },
    window: {
      showInformationMessage: (question: string) => {
        calls.push(question);
        return Promise.resolve(answers.modal);
      },
      showQuickPick: (items: { label: string }[]) =>
        Promise.resolve(items.find(({ label }) => label === answers.pick)),
      withProgress: (_: object, work: () => Promise<void>) => work(),
    },
  };
  const host: WritingHost = {
    memory: {
      get: <T>(key: string) => stored.get(key) as T,
      update: (key: string, value: unknown) => Promise.resolve(void stored.set(key, value)),
      keys: () => [...stored.keys()],
    },
    warn: () => undefined,
    daemon: {
      offer: (offered) => Promise.resolve(void calls.push(`offer ${offered.modelId ?? 'nothing'}`)),
      answer: () => Promise.resolve(),
      levels: () => Promise.resolve({ local: [], ...(levels as { levels: [] }) }),
      write: (_, { model: which, modelId }) => {
        calls.push(`write ${which}${modelId === undefined ? '' : ` ${modelId}`}`);
        return scene.write();
      },
      pull: (modelId) => Promise.resolve(void calls.push(`pull ${modelId}`)),
    },
    settings: {
      useEditorModel: () => scene.useEditorModel,
      editorModel: () => '',
      remoteUrl: () => '',
      useAlways: (id) => Promise.resolve(void calls.push(`always ${id}`)),
    },
    meeting: () => ({ id: 'meeting' }),
    arrange: (_, { name }) => Promise.resolve(void calls.push(`arrange ${name}`)),
    changed: () => undefined,
    errorText: () => 'It is away.',
  };
  const loader = Module as unknown as { _load: Load };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === 'vscode' ? api : load(request, ...rest));
  const paths = ['noteWriting', 'editorModels'].map((name) =>
    require.resolve(`../../../extension/writing/${name}`),
  );
  for (const path of paths) delete require.cache[path];
  try {
    const entry = createRequire(__filename)(paths[0] ?? '') as typeof Entry;
    return { writing: entry.startNoteWriting(host), calls, answers, scene, stored };
  } finally {
    loader._load = load;
    for (const path of paths) delete require.cache[path];
  }
}

describe('offer of better notes', () => {
  it('names the models that work, where the transcript goes, and their level', async () => {
    const { writing } = setup({
      levels: [
        { modelId: 'editor/acme/large/1', level: 'none' },
        { modelId: 'server/127.0.0.1:11434/qwen', level: 'strong' },
      ],
      server: { modelId: 'server/127.0.0.1:11434/qwen', name: 'qwen' },
    });
    equal(writing.view(), undefined);
    await writing.refresh();
    deepEqual(writing.view(), {
      kind: 'offer',
      again: false,
      writers: [
        {
          id: 'acme/large',
          name: 'Acme Large',
          label: 'Acme Large',
          level: 'Not used: it did not pass the five questions.',
          destination: 'The transcript goes to acme.',
        },
        {
          id: 'server',
          name: 'qwen',
          label: 'Your server',
          level: 'Writes whole notes.',
          destination: 'The transcript goes to the address in your settings: 127.0.0.1:11434.',
        },
      ],
    });
  });

  const local = (id: string, installed: boolean) => ({
    id,
    name: `The ${id}`,
    modelId: `local/${id}`,
    bytes: 2_500_000_000,
    residentBytes: 4_400_000_000,
    installed,
    minutes: 12,
  });

  it('offers a local model with its size, memory and time, and fetches it after consent', async () => {
    const { writing, calls, answers } = setup({ levels: [], local: [local('first', false)] });
    await writing.refresh();
    const view = writing.view();
    deepEqual(view?.kind === 'offer' && view.writers[1], {
      id: 'local/first',
      name: 'The first',
      label: 'Download The first (2.5 GB)',
      level: 'Answers five test questions first.',
      destination:
        'The transcript stays on this computer. Needs 4.4 GB of memory and about 12 minutes for half an hour of talk.',
    });
    delete answers.modal;
    await writing.run('writeNotes', 'local/first');
    deepEqual(calls.splice(0), ['Download The first (2.5 GB)?']);
    answers.modal = 'Download';
    await writing.run('writeNotes', 'local/first');
    deepEqual(calls, ['Download The first (2.5 GB)?', 'pull first', 'write local first']);
    equal(writing.view()?.kind, 'written');
  });

  it('uses an installed local model without a question, and offers no other one', async () => {
    const { writing, calls } = setup({
      levels: [{ modelId: 'local/second', level: 'strong' }],
      local: [local('first', false), local('second', true)],
    });
    await writing.refresh();
    const view = writing.view();
    deepEqual(view?.kind === 'offer' && view.writers.map(({ label, level }) => [label, level]), [
      ['Acme Large', 'Answers five test questions first.'],
      ['The second', 'Writes whole notes.'],
      ['Use Your Own Server…', undefined],
    ]);
    await writing.run('writeNotes', 'local/second');
    equal(calls[0], 'write local second');
  });

  it('stays away after "Not Now", and comes back when the user asks', async () => {
    const { writing, answers } = setup();
    await writing.refresh();
    await writing.run('declineNotes');
    await writing.refresh();
    equal(writing.view(), undefined);
    answers.pick = 'Acme Large';
    await writing.pick('meeting');
    equal(writing.view()?.kind, 'written');
  });

  it('asks for consent once for a vendor, and shows level and costs', async () => {
    const { writing, calls } = setup();
    await writing.refresh();
    for (let i = 0; i < 2; i++) {
      await writing.run('writeAgain');
      await writing.run('writeNotes', 'acme/large');
    }
    deepEqual(calls, [
      'Send this transcript to acme?',
      ...['offer acme/large/1', 'write editor', 'offer nothing'],
      ...['offer acme/large/1', 'write editor', 'offer nothing'],
    ]);
    deepEqual(writing.view(), {
      kind: 'written',
      text: 'Written with Acme Large. Shortens single items.',
      costs: '4 requests, about 2,345 tokens.',
    });
  });

  it('sends nothing without consent, and keeps the model for all meetings if the user says so', async () => {
    const { writing, calls, answers } = setup();
    await writing.refresh();
    delete answers.modal;
    await writing.run('writeNotes', 'acme/large');
    deepEqual(calls.splice(0), ['Send this transcript to acme?']);
    answers.modal = 'Use for All Meetings';
    await writing.run('writeNotes', 'acme/large');
    equal(calls.includes('always large'), true);
  });

  it('tells a failure, and offers the models again', async () => {
    const { writing, scene } = setup();
    await writing.refresh();
    scene.write = () => Promise.reject(new Error('What was said.'));
    await writing.run('writeNotes', 'acme/large');
    deepEqual(writing.view(), { kind: 'failed', text: 'It is away.' });
    await writing.run('writeAgain');
    equal(writing.view()?.kind, 'offer');
  });

  it('opens the settings for a server of the user', async () => {
    const { writing, calls } = setup();
    await writing.refresh();
    await writing.run('writeNotes', 'setUp');
    match(calls[0] ?? '', /openSettings earmark\.llm\.endpoint/);
  });

  it('is a link where a model writes the notes of all meetings', async () => {
    const { writing, scene } = setup();
    scene.useEditorModel = true;
    await writing.refresh();
    deepEqual(writing.view(), { kind: 'again' });
  });
});
