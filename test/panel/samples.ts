/** A meeting for the page to show, as the extension would send it. */
import type { Insight } from '../../protocol/insights';
import type { ModelInfo } from '../../protocol/models';
import type {
  PanelModels,
  PanelOffer,
  PanelSession,
  PanelStorage,
  PanelWriting,
} from '../../protocol/panel';
import type { Segment } from '../../protocol/transcript';

const LINES: readonly [number, 'mic' | 'system', string, string][] = [
  [1.4, 'mic', 'You', "Good morning, everyone. Let's keep this short, I have a call at ten."],
  [6.9, 'mic', 'You', 'Ben, do you want to start?'],
  [
    8.8,
    'system',
    'Ben',
    'Sure. Yesterday I finished the upload endpoint, and I looked into the slow import.',
  ],
  [
    15.1,
    'system',
    'Ben',
    'It reads the whole file before it answers, so a large file runs into the gateway timeout.',
  ],
  [22.4, 'mic', 'You', 'Could we stream it instead?'],
  [
    25.0,
    'system',
    'Ben',
    'Yes. I will move the import to a background job by Friday, and send progress over the socket.',
  ],
  [
    33.2,
    'system',
    'Priya',
    'Then I need the job id in the response, otherwise the page cannot follow it.',
  ],
  [
    38.8,
    'mic',
    'You',
    "Agreed. We'll return 202 with the job id and keep the old route until the next release.",
  ],
  [46.1, 'system', 'Priya', 'What happens to a job when the worker restarts in the middle of it?'],
  [
    51.3,
    'system',
    'Ben',
    "Good question. Right now it is lost, and that's a risk for the migration next week.",
  ],
];

export const segments: readonly Segment[] = LINES.map(([start, source, speaker, text], i) => ({
  id: `s${i + 1}`,
  startMs: start * 1000,
  endMs: start * 1000 + 60 * text.length,
  source,
  speaker,
  text,
  confidence: 0.93,
  revision: 0,
}));

/** Four people in one call. Where two talk at once, both are named. */
const FOUR: readonly [
  number,
  'mic' | 'system',
  speaker: string,
  also: readonly string[],
  text: string,
][] = [
  [2, 'mic', 'You', [], 'Shall we move the release to Thursday?'],
  [5, 'system', 'Speaker 2', [], 'Thursday works for the service, the tests are nearly through.'],
  [10, 'system', 'Speaker 3', ['Speaker 2'], 'Wait, the translations are not back yet.'],
  [14, 'system', 'Speaker 2', ['Speaker 3', 'Speaker 4'], 'They never are.'],
  [16, 'system', 'Speaker 4', [], 'I will ask for them today and tell you by noon.'],
  [21, 'mic', 'You', ['Speaker 4'], 'Fine, then Thursday it is.'],
];

export const fourPeople: readonly Segment[] = FOUR.map(
  ([start, source, speaker, also, text], i) => ({
    id: `f${i + 1}`,
    startMs: start * 1000,
    endMs: start * 1000 + 60 * text.length,
    source,
    speaker,
    ...(also.length > 0 && { alsoSpeaking: [...also] }),
    text,
    confidence: 0.93,
    revision: 0,
  }),
);

const insight = (
  id: string,
  kind: Insight['kind'],
  segment: number,
  quote: string,
  rest: Partial<Insight> & { text: string },
): Insight => {
  const s = segments[segment - 1]!;
  return {
    id,
    kind,
    status: 'open',
    confidence: 0.9,
    symbols: [],
    evidence: [{ segmentId: s.id, startMs: s.startMs, endMs: s.endMs, quote }],
    ...rest,
  };
};

export const insights: readonly Insight[] = [
  insight('m1', 'summary', 4, 'a large file runs into the gateway timeout', {
    section: 'context',
    text: 'The import times out on large files because it reads the whole file first.',
  }),
  insight('m2', 'summary', 6, 'I will move the import to a background job', {
    section: 'discussion',
    topic: { title: 'Background job', startMs: 20_000, endMs: 58_000 },
    text: 'It becomes a background job with progress over the socket.',
  }),
  insight('a1', 'action', 6, 'I will move the import to a background job by Friday', {
    text: 'Move the import to a background job',
    owner: 'Ben',
    due: { phrase: 'by Friday', date: '2026-11-27' },
  }),
  insight('a2', 'action', 7, 'I need the job id in the response', {
    text: 'Put the job id into the response',
    owner: 'Ben',
  }),
  insight('a3', 'action', 3, 'I looked into the slow import', {
    text: 'Write down the measurements of the slow import',
    owner: 'Ben',
    status: 'done',
  }),
  insight(
    'd1',
    'decision',
    8,
    "We'll return 202 with the job id and keep the old route until the next release",
    { text: 'Return 202 with the job id; keep the old route until the next release' },
  ),
  insight(
    'q1',
    'question',
    9,
    'What happens to a job when the worker restarts in the middle of it',
    { text: 'What happens to a job when the worker restarts?' },
  ),
  insight('r1', 'risk', 10, "that's a risk for the migration next week", {
    text: 'Jobs are lost when a worker restarts; the migration is next week',
  }),
];

export const session: PanelSession = {
  kind: 'session',
  id: 'session-1',
  title: 'Import service stand-up',
  state: 'STREAMING',
  startedAt: '2026-11-21T14:05:00+01:00',
  durationMs: 58_000,
  sources: ['mic', 'system'],
  silent: [],
  segments,
  partials: [
    {
      source: 'mic',
      phraseId: 'p1',
      speaker: 'You',
      startMs: 57_000,
      stable: 'Then let us keep the job in the',
      unstable: 'data base and',
    },
  ],
  insights,
  notices: [],
  health: 'Moonshine tiny, 18× faster than real time',
  playable: false,
  called: {},
};

/** A transcript of any length. */
export function longTranscript(count: number): Segment[] {
  return Array.from({ length: count }, (_, i) => {
    const [, source, speaker, text] = LINES[i % LINES.length]!;
    return {
      id: `s${i + 1}`,
      startMs: i * 6_000,
      endMs: i * 6_000 + 5_500,
      source,
      speaker,
      text: `${i + 1}. ${text}`,
      confidence: 0.9,
      revision: 0,
    };
  });
}

export const storage: PanelStorage = {
  kind: 'storage',
  kept: {
    disk: {
      folder: '/home/ana/.local/state/earmark',
      databaseBytes: 18_400_000,
      audioBytes: 231_000_000,
      modelBytes: 55_300_000,
      logBytes: 1_200_000,
    },
    encrypted: false,
    sessions: 42,
    oldest: '2026-08-03T09:30:00+02:00',
  },
  uploads: [],
  voices: [
    { name: 'Ben', keptAt: '2026-10-12T10:00:00+02:00', sessions: 2 },
    { name: 'Priya', keptAt: '2026-11-02T10:00:00+01:00', sessions: 1 },
  ],
  retention: { audioDays: 30 },
  keepAudio: true,
  elsewhere: [],
};

const model = (id: string, rest: Partial<ModelInfo>): ModelInfo => ({
  id,
  kind: 'asr',
  provider: 'whisper',
  languages: ['*'],
  bytes: 81_800_000,
  licence: 'MIT',
  isDefault: false,
  origin: 'download',
  version: '1',
  versions: [],
  status: { state: 'absent' },
  ...rest,
});

export const models: PanelModels = {
  kind: 'models',
  engine: [
    'Moonshine tiny: ready',
    '18× faster than real time; 95% of phrases at least 11×',
    'Busy: live text updates less often',
    '262 MB memory',
  ],
  degradationLevel: 'WARNING',
  machine: [
    'Intel Xeon, 2 cores, 8 GB',
    '8 GB of memory and no GPU that recognition can use',
    'Measured on 20/11/2026 with Moonshine tiny: 18× faster than real time',
    'Recommended model: Moonshine tiny',
  ],
  models: [
    model('moonshine-tiny', {
      provider: 'moonshine',
      languages: ['en'],
      bytes: 28_100_000,
      isDefault: true,
      status: { state: 'installed', verified: true },
      versions: ['0.1.29'],
      version: '0.1.29',
    }),
    model('whisper-base-q8_0', {
      status: { state: 'downloading', receivedBytes: 31_000_000, totalBytes: 81_800_000 },
    }),
    model('whisper-small-q8_0', { bytes: 264_000_000 }),
    model('whisper-tiny-q8_0', {
      bytes: 43_500_000,
      status: {
        state: 'broken',
        reason:
          'The file ggml-tiny-q8_0.bin does not have the checksum it should have; download the model again.',
      },
    }),
    model('whisper-large-v3-turbo-q8_0', {
      bytes: 874_000_000,
      status: { state: 'installed', verified: true },
      update: '2',
      versions: ['1', '0.9'],
    }),
    model('silero-vad', {
      kind: 'vad',
      provider: 'silero',
      bytes: 2_300_000,
      isDefault: true,
      status: { state: 'installed', verified: true },
      versions: ['6'],
      version: '6',
    }),
  ],
};

/** Notes by a language model, in each state. */
export const writings: Readonly<Record<string, PanelWriting>> = {
  offer: {
    kind: 'offer',
    again: false,
    writers: [
      {
        id: 'copilot/gpt',
        name: 'GPT-4o',
        label: 'GPT-4o',
        level: 'Writes whole notes.',
        destination: 'The transcript goes to GitHub Copilot.',
      },
      {
        id: 'acme/small',
        name: 'Acme Small',
        label: 'Acme Small',
        level: 'Not used: it did not pass the five questions.',
        destination: 'The transcript goes to acme.',
      },
      {
        id: 'setUp',
        name: '',
        label: 'Use Your Own Server…',
        destination: 'Such as Ollama. The transcript goes to the address that you set.',
      },
    ],
  },
  busy: { kind: 'writing', text: 'GPT-4o reads part 1 of 2.' },
  failed: { kind: 'failed', text: 'GPT-4o takes no more requests for now.' },
  again: { kind: 'again' },
  written: {
    kind: 'written',
    text: 'Written with GPT-4o. Writes whole notes.',
    costs: '3 requests, 12,400 tokens.',
    failure: '1 of 2 parts of the meeting were read by the built-in rules alone.',
  },
};

export const offer: PanelOffer = {
  modelId: 'parakeet-tdt_ctc-110m',
  name: 'Parakeet TDT 110M',
  benefits: ['About half the errors in dictation', 'About a third fewer errors in meetings'],
  basis: 'Published results, compared with Moonshine tiny.',
  bytes: 136_490_421,
  facts: ['English', 'Licence CC-BY-4.0', 'Expected: 26× faster than real time'],
};
