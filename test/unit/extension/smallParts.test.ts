/**
 * The small pure parts: note folder, edits, launch, status bar, sources, panel document, page
 * state, highlights, doctor.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { agentServer } from '../../../extension/agents/agentServer';
import { daemonCommand } from '../../../extension/daemon/launch';
import { doctorReport } from '../../../extension/commands/doctorReport';
import { COMMANDS } from '../../../extension/commands/names';
import { chooseSources } from '../../../extension/meeting/sources';
import { applyEdits } from '../../../extension/notes/applyEdits';
import { noteFolder, wantsGitignore } from '../../../extension/notes/noteFolder';
import { panelHtml } from '../../../extension/panel/html';
import { clock, statusItem, type Activity } from '../../../extension/status/statusModel';
import * as format from '../../../media/format';
import { split } from '../../../media/highlight';
import { EMPTY, reduce } from '../../../media/pageState';
import manifest from '../../../package.json';
import type { SessionState } from '../../../protocol/session';
import { insights, segments, session } from '../../panel/samples';

describe('note folder', () => {
  const check = (
    setting: Parameters<typeof noteFolder>[0],
    expected: ReturnType<typeof noteFolder>,
  ): void =>
    void it(JSON.stringify(setting), () => deepEqual(noteFolder(setting, '/home/ana'), expected));
  check({}, { kind: 'workspace', path: '.earmark' });
  check({ user: 'docs/meetings/' }, { kind: 'workspace', path: 'docs/meetings' });
  check({ user: '/srv/notes' }, { kind: 'absolute', path: '/srv/notes' });
  check({ user: 'C:\\Notes' }, { kind: 'absolute', path: 'C:\\Notes' });
  check({ user: '~/notes' }, { kind: 'absolute', path: '/home/ana/notes' });
  check({ user: '../elsewhere' }, { kind: 'workspace', path: '.earmark' });
  check({ user: '/srv/notes', workspace: 'notes' }, { kind: 'workspace', path: 'notes' });
  // What a stranger may have written stays inside the workspace.
  check(
    { user: '/srv/notes', workspace: '/etc' },
    { kind: 'absolute', path: '/srv/notes', refused: '/etc' },
  );
  check(
    { workspace: '../../.ssh' },
    { kind: 'workspace', path: '.earmark', refused: '../../.ssh' },
  );
  check({ workspace: 'a/../../b' }, { kind: 'workspace', path: '.earmark', refused: 'a/../../b' });
  check({ workspace: '~/x' }, { kind: 'workspace', path: '~/x' });
  it('promise: the notes folder ignores itself in Git', () =>
    deepEqual(['/w/.earmark', '/w/docs'].map(wantsGitignore), [true, false]));
});

it('edits of a plan are applied to plain text', () =>
  equal(
    applyEdits('one two three', [
      { start: 0, end: 0, newText: '> ' },
      { start: 4, end: 7, newText: '2' },
      { start: 13, end: 13, newText: '.' },
    ]),
    '> one 2 three.',
  ));

describe('starting the daemon', () => {
  const host = { extensionPath: '/ext', execPath: '/usr/bin/code', nodePath: '' };
  it('a desktop editor runs as Node', () =>
    deepEqual(daemonCommand({ ...host, electron: '34.0.0' }), {
      command: '/usr/bin/code',
      args: ['/ext/dist/daemon.js'],
      env: { ELECTRON_RUN_AS_NODE: '1' },
    }));
  it('a server is Node already', () =>
    deepEqual(daemonCommand({ ...host, electron: undefined }), {
      command: '/usr/bin/code',
      args: ['/ext/dist/daemon.js'],
    }));
  it('the user may name one', () =>
    deepEqual(daemonCommand({ ...host, electron: '34.0.0', nodePath: '/opt/node' }), {
      command: '/opt/node',
      args: ['/ext/dist/daemon.js'],
    }));
});

describe('starting the server of agents', () => {
  const host = {
    extensionPath: '/ext',
    execPath: '/usr/bin/code',
    electron: '34.0.0',
    nodePath: '',
  };
  it('reads only', () =>
    deepEqual(agentServer(host, { allowChanges: false }), {
      command: '/usr/bin/code',
      args: ['/ext/dist/cli.js', 'mcp'],
      env: { ELECTRON_RUN_AS_NODE: '1' },
    }));
  it('may change what the user allows, on the daemon that the window uses', () =>
    deepEqual(
      agentServer(
        { ...host, electron: undefined },
        { allowChanges: true, remote: { url: 'wss://box:7443', token: 't', fingerprint: 'ab' } },
      ),
      {
        command: '/usr/bin/code',
        args: ['/ext/dist/cli.js', 'mcp', '--allow-changes'],
        env: {
          EARMARK_REMOTE: 'wss://box:7443',
          EARMARK_TOKEN: 't',
          EARMARK_REMOTE_FINGERPRINT: 'ab',
        },
      },
    ));
});

describe('status bar', () => {
  const meeting = (
    state: SessionState,
    silent: Activity extends infer A ? (A extends { silent: infer S } ? S : never) : never = [],
  ): Activity => ({
    kind: 'meeting',
    title: 'Stand-up',
    state,
    elapsedMs: 754_000,
    sources: ['mic', 'system'],
    silent,
  });
  const check = (activity: Activity, text: string, background: string): void =>
    void it(text, () =>
      deepEqual([statusItem(activity).text, statusItem(activity).background], [text, background]),
    );
  check({ kind: 'sending', remote: 'far:7443' }, '$(cloud-upload) Sending to far:7443…', 'none');
  check({ kind: 'checking', remote: 'far:7443' }, '$(cloud) Verifying…', 'none');
  check({ kind: 'idle' }, '$(mic) Earmark', 'none');
  check({ kind: 'dictating' }, '$(mic-filled) Dictating', 'recording');
  check({ kind: 'finishing' }, '$(loading~spin) Finishing…', 'none');
  check(meeting('STREAMING'), '$(record) REC 12:34', 'recording');
  check(meeting('STREAMING', ['mic']), '$(record) REC 12:34 $(mute) mic', 'recording');
  check(meeting('PAUSED'), '$(debug-pause) Paused 12:34', 'attention');
  check(meeting('FINALIZING'), '$(loading~spin) Finishing…', 'none');
  check(meeting('DONE'), '$(mic) Earmark', 'none');
  it('says what is recorded to a screen reader, and not the time', () => {
    equal(
      statusItem(meeting('STREAMING', ['system'])).label,
      'Earmark is recording microphone and system audio. No audio from the system audio.',
    );
  });
  it('shows hours', () => deepEqual([clock(0), clock(3_723_000)], ['00:00', '1:02:03']));
});

describe('sources of a meeting', () => {
  const mic = { id: 'm1', name: 'Mic', isDefault: true, recorder: 'parec' };
  const found = { microphones: [mic], systems: [], recorders: [], advice: ['Install PulseAudio.'] };
  const wanted = { sources: ['mic', 'system'] as const, microphone: '', systemAudio: '' };
  it('records what there is and says what is missing', () =>
    deepEqual(chooseSources(wanted, found), {
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
      missing: ['System audio is not recorded.', 'Install PulseAudio.'],
    }));
  it('takes the chosen device', () =>
    deepEqual(chooseSources({ ...wanted, sources: ['mic'], microphone: 'm1' }, found), {
      sources: [{ source: 'mic', origin: { type: 'capture', device: 'm1' } }],
      missing: [],
    }));
  it('takes the default where the chosen one is unplugged', () =>
    deepEqual(chooseSources({ ...wanted, sources: ['mic'], microphone: 'gone' }, found).sources, [
      { source: 'mic', origin: { type: 'capture' } },
    ]));
  it('takes a recorder that lists no devices', () =>
    deepEqual(
      chooseSources(
        { ...wanted, sources: ['system'] },
        { ...found, recorders: [{ name: 'audiotee', available: true, sources: ['system'] }] },
      ).sources,
      [{ source: 'system', origin: { type: 'capture' } }],
    ));
});

describe('panel document', () => {
  const html = panelHtml({
    nonce: 'N',
    cspSource: 'https://x',
    script: 'https://x/p.js',
    styles: ['https://x/"><script>'],
    language: 'en',
    strings: { 'a"b': "<'&>" },
  });
  it('allows its own script and sheets and nothing else', () => {
    const policy = /content="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', "'");
    equal(
      policy,
      "default-src 'none'; script-src 'nonce-N'; style-src https://x 'nonce-N'; font-src https://x;",
    );
  });
  it('escapes what it is given', () => ok(!html.includes('"><script>') && !html.includes("<'&>")));
});

describe('page state', () => {
  const open = reduce(EMPTY, { type: 'view', view: session }, 5);
  it('tells news from revisions', () => {
    const fresh = { ...segments[0]!, id: 'new', startMs: 99_000 };
    deepEqual(
      reduce(
        open,
        { type: 'patch', id: session.id, segments: [{ ...segments[0]!, text: 'x' }, fresh] },
        6,
      ).news,
      [fresh],
    );
  });
  it('ignores patches of another session', () =>
    deepEqual(reduce(open, { type: 'patch', id: 'other', title: 'x' }, 6).view, session));
  it('removes and updates cards', () => {
    const next = reduce(
      open,
      {
        type: 'patch',
        id: session.id,
        insights: [{ ...insights[3]!, text: 'x' }],
        removedInsights: ['a1'],
      },
      6,
    ).view;
    deepEqual(
      next?.kind === 'session'
        ? next.insights.filter((i) => i.kind === 'action').map((i) => i.text)
        : [],
      ['Write down the measurements of the slow import', 'x'],
    );
  });
});

describe('quoted words', () => {
  const check = (text: string, quote: string, expected: string): void =>
    void it(`${quote} in ${text}`, () =>
      equal(
        split(text, quote)
          .map((p) => (p.marked ? `[${p.text}]` : p.text))
          .join(''),
        expected,
      ));
  check('Yes, I will do it.', 'I will do it', 'Yes, [I will do it].');
  check('Yes, I WILL — do it.', 'i will do it', 'Yes, [I WILL — do it].');
  check('We’ll see.', "we'll see", '[We’ll see].');
  check('Nothing of it.', 'other words', 'Nothing of it.');
  check('Short.', '', 'Short.');
});

describe('page formats', () => {
  it('time', () => deepEqual([format.clock(5_000), format.clock(3_600_000)], ['00:05', '1:00:00']));
  it('level', () =>
    deepEqual([format.meter(-100), format.meter(-34), format.meter(0)], [0, 0.5, 1]));
  it('day', () => deepEqual(format.dueDate('2026-11-27', 'en-GB'), 'Fri, 27 Nov'.replace(',', '')));
  it('a date that is none is shown as it is', () => equal(format.dueDate('soon', 'en-GB'), 'soon'));
  it('today is left out', () =>
    deepEqual(
      ['2026-11-21T09:05:00', '2026-11-20T09:05:00', 'x'].map((d) =>
        format.when(d, 'en-GB', new Date('2026-11-21T12:00:00')),
      ),
      ['09:05', '20 Nov, 09:05', ''],
    ));
  it('megabytes', () =>
    deepEqual([format.megabytes(2_340_000), format.megabytes(55_400_000)], ['2.3 MB', '55 MB']));
});

describe('manifest', () => {
  it('contributes exactly the commands there are', () =>
    deepEqual(
      manifest.contributes.commands.map((c) => c.command.replace('earmark.', '')),
      [...COMMANDS].sort(
        (a, b) =>
          manifest.contributes.commands.findIndex((c) => c.command.endsWith(`.${a}`)) -
          manifest.contributes.commands.findIndex((c) => c.command.endsWith(`.${b}`)),
      ),
    ));
  it('promise: no workspace sets programs, addresses, keys or consent', () => {
    const settings = Object.assign(
      {},
      ...manifest.contributes.configuration.map((c) => c.properties),
    ) as Record<string, { scope: string }>;
    deepEqual(
      Object.keys(settings)
        .filter((name) => settings[name]?.scope !== 'machine')
        .sort(),
      [
        'earmark.dictation.smartSpacing',
        'earmark.notes.enabled',
        'earmark.notes.fillers',
        'earmark.notes.folder',
        'earmark.notes.openOnStart',
        'earmark.speech.vocabulary',
      ],
    );
  });
});

it('doctor says first what to do', () => {
  const text = doctorReport({
    health: {
      version: '0.1.0',
      protocol: { major: 1, minor: 0 },
      pid: 1,
      uptimeMs: 120_000,
      rssBytes: 90_000_000,
      clients: 1,
      sessions: [],
      workers: [{ name: 'asr', state: 'ready', restarts: 1, rssBytes: 340_000_000 }],
      engine: {
        provider: 'moonshine',
        model: 'tiny',
        device: 'auto',
        state: 'READY',
        loadMs: 500,
        rtf: { mean: 0.05, p95: 0.06, p99: 0.07, decodes: 9 },
        queuedMs: 0,
        rssBytes: 0,
        sessions: 0,
        degradationLevel: 'NORMAL',
        errors: [],
      },
      engines: [],
      machine: {
        tier: 'medium',
        why: '8 GB of memory and no GPU that recognition can use',
        targets: [],
        cpu: 'A CPU',
        cores: 2,
        instructionSets: ['avx2'],
        memoryGb: 8,
        unknown: [],
      },
      queue: {
        waiting: 0,
        waitP50Ms: 0,
        waitP95Ms: 0,
        waitMaxMs: 0,
        load: 0,
        finals: 'full',
        droppedSpeculations: 0,
        droppedPartials: 0,
      },
      problems: [],
      ready: true,
      parts: [],
      alerts: [],
      metrics: {},
      lastErrors: [],
    },
    devices: {
      microphones: [],
      systems: [],
      recorders: [
        { name: 'parec', available: false, sources: ['mic'], reason: 'Install pulseaudio-utils.' },
      ],
      advice: ['Install pulseaudio-utils.'],
    },
    models: [],
    editor: 'VS Code 1.100.0',
    remote: 'ssh-remote',
  });
  ok(
    text.indexOf('Install pulseaudio-utils.') <
      text.indexOf('moonshine tiny: ready, loaded in 0.5 s, 20× real time'),
  );
});
