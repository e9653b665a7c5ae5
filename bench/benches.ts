/** The benches of `npm run bench`. */
export interface Bench {
  /** Of its file, without the extension. */
  readonly name: string;
  readonly title: string;
  /** How it gets the folder of the model files. */
  readonly models: 'argument' | 'environment';
}

/** In the order of a run of all, and of the pages. */
export const BENCHES: readonly Bench[] = [
  { name: 'wer', title: 'Word error rate and speed of the speech path', models: 'argument' },
  { name: 'whisper', title: 'Whisper beside Moonshine and plain whisper.cpp', models: 'argument' },
  { name: 'nemo', title: 'NeMo models of true size, and an hour of memory', models: 'argument' },
  { name: 'streaming', title: 'Live speech beside the usual methods', models: 'argument' },
  { name: 'latency', title: 'Waits for finals, partials and stable words', models: 'argument' },
  { name: 'cuts', title: 'Words lost or doubled at a forced cut', models: 'argument' },
  { name: 'insights', title: 'Actions and decisions in labelled meetings', models: 'environment' },
  { name: 'dictation', title: 'Symbols and commands in dictation', models: 'argument' },
  { name: 'summaries', title: 'Summary and coverage of AMI meetings', models: 'environment' },
  { name: 'search', title: 'Search by words and by meaning', models: 'environment' },
  { name: 'diarization', title: 'Speakers, online and after the final pass', models: 'argument' },
  { name: 'echo', title: 'Echo removal', models: 'argument' },
  { name: 'fault', title: 'Killed daemons and damaged files', models: 'argument' },
  { name: 'capacity', title: 'Sessions on two cores', models: 'argument' },
  { name: 'engine', title: 'Load, memory and unload of engines', models: 'argument' },
  { name: 'workers', title: 'Killed recognition workers', models: 'argument' },
  { name: 'ladder', title: 'Slow engines on a simulated clock', models: 'environment' },
  { name: 'fuzz', title: 'Malformed inputs', models: 'environment' },
  { name: 'clients', title: '500 remote clients, and a flood', models: 'environment' },
  { name: 'frames', title: 'Work per frame and for silent clients', models: 'environment' },
  { name: 'long', title: 'Memory and latency over four hours', models: 'environment' },
  { name: 'lsp', title: 'Language server on a note of 20,000 lines', models: 'environment' },
  { name: 'store', title: 'Database writes and the event loop', models: 'environment' },
  { name: 'team', title: 'Decode workers of a team, 200 people', models: 'environment' },
  { name: 'teamKills', title: 'Killed and stopped processes of a team', models: 'environment' },
  { name: 'teamUpgrade', title: 'A team replaced process by process', models: 'environment' },
  { name: 'teamConnections', title: 'Silent connections of a team', models: 'environment' },
  { name: 'silence', title: 'Words out of an hour without speech', models: 'argument' },
];
