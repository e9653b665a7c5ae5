import { deepEqual, equal } from 'node:assert/strict';
import { NOTICES_MAX, PanelModel } from '../../../extension/panel/panelModel';
import type { Insight } from '../../../protocol/insights';
import type { SessionEvent, SessionInfo } from '../../../protocol/session';
import type { Segment } from '../../../protocol/transcript';

const info: SessionInfo = {
  id: 'x',
  kind: 'meeting',
  title: 'Stand-up',
  state: 'STREAMING',
  startedAt: '2026-11-21T14:05:00+01:00',
  durationMs: 0,
  sources: ['mic', 'system'],
  lastSeq: 2,
  segments: 0,
  language: 'en',
  provider: 'moonshine',
  model: 'moonshine-tiny',
};
const segment = (
  id: string,
  startMs: number,
  source: Segment['source'] = 'mic',
  text = id,
): Segment => ({
  id,
  startMs,
  endMs: startMs + 900,
  source,
  speaker: source === 'mic' ? 'You' : 'Others',
  text,
  confidence: 1,
  revision: 0,
});
const insight = (id: string, kind: Insight['kind'] = 'action', startMs = 0): Insight => ({
  id,
  kind,
  text: id,
  status: 'open',
  confidence: 1,
  evidence: [{ segmentId: 's1', startMs, endMs: startMs + 1, quote: 'q' }],
  symbols: [],
});

let seq = 2;
const durable = <T extends object>(body: T, time = 1_000): SessionEvent =>
  ({ seq: ++seq, time, ...body }) as unknown as SessionEvent;
const passing = <T extends object>(body: T, time = 1_000): SessionEvent =>
  ({ afterSeq: seq, time, ...body }) as unknown as SessionEvent;
const partial = (
  source: Segment['source'],
  startMs: number,
  stable: string,
  unstable = '',
): SessionEvent => passing({ kind: 'partial', source, phraseId: 'p', startMs, stable, unstable });

function model(...events: SessionEvent[]): PanelModel {
  const m = new PanelModel(info);
  for (const event of events) m.apply(event);
  return m;
}
const final = (s: Segment): SessionEvent => durable({ kind: 'final', segment: s });
const state = (to: SessionInfo['state']): SessionEvent =>
  durable({ kind: 'state', from: 'IDLE', to, cause: 'test' });

describe('panel model', () => {
  it('keeps segments in order of time, whatever the order of finals', () => {
    deepEqual(
      model(
        final(segment('s1', 5_000)),
        final(segment('s2', 1_000, 'system')),
        final(segment('s3', 9_000)),
      )
        .view()
        .segments.map((s) => s.id),
      ['s2', 's1', 's3'],
    );
  });

  it('replaces an open phrase by its final, and only that of its source', () => {
    const m = model(
      partial('mic', 1_000, 'we will', 'see'),
      partial('system', 1_500, 'yes'),
      final(segment('s1', 1_000)),
    );
    deepEqual(
      m.view().partials.map((p) => [p.source, p.speaker, p.stable]),
      [['system', 'Others', 'yes']],
    );
  });

  it('keeps a phrase that began after the final', () => {
    deepEqual(
      model(partial('mic', 2_500, 'next'), final(segment('s1', 1_000)))
        .view()
        .partials.map((p) => p.stable),
      ['next'],
    );
  });

  it('knows who speaks: names once, their parts, the speaker of a source before one of another', () => {
    const named = (id: string, name: string, source: Segment['source']): SessionEvent =>
      durable({ kind: 'speaker', speaker: { id, name, source } });
    const m = model(
      named('a', 'Ana', 'mic'),
      named('b', 'Ana', 'system'),
      named('c', 'Ben', 'system'),
      final({ ...segment('s1', 1_000), speaker: 'Ana' }),
      final({ ...segment('s2', 2_000, 'system'), speaker: 'Ben' }),
      final({ ...segment('s3', 3_000), speaker: 'Ana' }),
    );
    deepEqual(
      [
        m.speakerNames,
        m.partsOf('Ana'),
        m.speakerId('Ana', 'system'),
        m.speakerId('Ben', 'mic'),
        m.speakerId('Cem', 'mic'),
      ],
      [['Ana', 'Ben'], 2, 'b', 'c', undefined],
    );
  });

  it('says whom a voice was taken for, or may be, until the person had a word', () => {
    const speakerEvent = (
      name: string,
      recognised?: { name: string; similarity: number },
    ): SessionEvent =>
      durable({
        kind: 'speaker',
        speaker: { id: 'system-1', name, source: 'system', ...(recognised && { recognised }) },
      });
    const m = model(speakerEvent('Speaker 1', { name: 'Ben', similarity: 0.92 }));
    const reported = () =>
      m
        .view()
        .notices.map(({ text, action }) => [
          text,
          action?.label,
          action?.command,
          action?.argument,
        ]);
    const before = [reported(), m.recognised('system-1')];
    m.apply(speakerEvent('Ben', { name: 'Ben', similarity: 0.96 }));
    const named = reported();
    m.apply(speakerEvent('Speaker 1'));
    deepEqual(
      [before, named, reported(), m.recognised('system-1')],
      [
        [
          [
            [
              'The voice of “Speaker 1” matches Ben (92% similarity).',
              'Rename to Ben',
              'isVoice',
              'system-1',
            ],
          ],
          'Ben',
        ],
        [['Ben was recognised by voice (96% similarity).', 'Not Ben', 'notVoice', 'system-1']],
        [],
        undefined,
      ],
    );
  });

  it('tells what the others call those who have no name yet, while it is so', () => {
    const speakerEvent = (name: string, called?: string): SessionEvent =>
      durable({
        kind: 'speaker',
        speaker: {
          id: 'system-1',
          name,
          source: 'system',
          ...(called !== undefined && { called: { name: called, segmentId: 's1' } }),
        },
      });
    const m = model(speakerEvent('Speaker 1', 'Nina'));
    const before = m.view().called;
    m.apply(speakerEvent('Nina'));
    deepEqual(
      [before, m.takePatch()?.called, m.takePatch()?.called],
      [{ 'Speaker 1': 'Nina' }, {}, undefined],
    );
  });

  it('sends the page no times of words, and keeps them for the sound', () => {
    const words: Segment['words'] = [
      { text: 's1', startMs: 1_000, endMs: 1_100, confidence: 1, timing: 'model' },
    ];
    const m = model(final({ ...segment('s1', 1_000), words }));
    deepEqual(
      [m.view().segments[0]?.words, m.takePatch()?.segments?.[0]?.words, m.segment('s1')?.words],
      [undefined, undefined, words],
    );
  });

  it('plays sound that was kept, once it is over', () => {
    const kept = new PanelModel({ ...info, keptAudio: true });
    const before = kept.playable;
    kept.apply(state('DONE'));
    deepEqual([before, kept.playable, model(state('DONE')).playable], [false, true, false]);
  });

  it('forgets open phrases when nothing is heard any more', () => {
    deepEqual(model(partial('mic', 1_000, 'half a'), state('PAUSED')).view().partials, []);
  });

  it('takes a revision: new words, a split', () => {
    const changed = { ...segment('s1', 0), endMs: 400, text: 'first half', revision: 1 };
    const m = model(
      final(segment('s1', 0)),
      durable({
        kind: 'revision',
        revision: {
          segmentId: 's1',
          revision: 1,
          op: 'split',
          by: 'machine',
          segment: changed,
          added: [segment('s2', 500, 'mic', 'second half')],
        },
      }),
    );
    deepEqual(
      m.view().segments.map((s) => s.text),
      ['first half', 'second half'],
    );
  });

  it('shows cards and keeps entities out', () => {
    const m = model(
      ...(['action', 'entity', 'decision'] as const).map((kind, i) =>
        durable({ kind, op: 'add', insight: insight(kind, kind, 100 - i) }),
      ),
    );
    deepEqual(
      m.view().insights.map((i) => i.id),
      ['decision', 'action'],
    );
  });

  it('gives what changed once, and nothing the second time', () => {
    const m = model(
      final(segment('s1', 0)),
      durable({ kind: 'action', op: 'add', insight: insight('a1') }),
    );
    const patch = m.takePatch();
    deepEqual(
      [
        patch?.segments?.map((s) => s.id),
        patch?.insights?.map((i) => i.id),
        patch?.durationMs,
        m.takePatch(),
      ],
      [['s1'], ['a1'], 1_000, undefined],
    );
  });

  it('says a removed card as removed, not as added', () => {
    const m = model(
      durable({ kind: 'action', op: 'add', insight: insight('a1') }),
      durable({ kind: 'action', op: 'remove', insight: insight('a1') }),
    );
    const patch = m.takePatch();
    deepEqual(
      [patch?.insights, patch?.removedInsights, m.view().insights],
      [undefined, ['a1'], []],
    );
  });

  it('does not go back in state while old events are replayed', () => {
    const m = new PanelModel({ ...info, state: 'DONE', lastSeq: 40 });
    m.apply({ kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start', seq: 1, time: 0 });
    equal(m.state, 'DONE');
    m.apply({ kind: 'state', from: 'DONE', to: 'FAILED', cause: 'test', seq: 41, time: 0 });
    equal(m.state, 'FAILED');
  });

  const silent = durable({
    kind: 'warning',
    code: 'source.silent',
    message: 'Nothing is heard.',
    source: 'mic',
  });
  const level = (rmsDb: number): SessionEvent =>
    passing({ kind: 'level', source: 'mic', rmsDb, peakDb: rmsDb, speech: false });

  it('marks a silent source until it is heard', () => {
    const m = model(silent, level(-90));
    deepEqual([m.silent, m.view().notices.map((n) => n.id)], [['mic'], ['source.silent:mic']]);
    m.apply(level(-40));
    deepEqual([m.silent, m.view().notices], [[], []]);
  });

  it('says that a source is lost until sound comes in again, however quiet', () => {
    const m = model(
      durable({ kind: 'warning', code: 'source.lost', message: 'It stopped.', source: 'mic' }),
    );
    deepEqual(
      m.view().notices.map((n) => n.id),
      ['source.lost:mic'],
    );
    m.apply(level(-90));
    deepEqual(m.view().notices, []);
  });
  it('does not call a paused source silent', () =>
    deepEqual(model(silent, state('PAUSED')).silent, []));

  it('offers the settings of models where the speech is not English', () => {
    const message = 'This does not sound like English. Choose a model, such as whisper-base-q8_0.';
    deepEqual(
      model(durable({ kind: 'warning', code: 'language.foreign', message })).view().notices,
      [
        {
          id: 'language.foreign',
          severity: 'warning',
          text: message,
          action: { label: 'Open Settings', command: 'openSettings' },
        },
      ],
    );
  });
  it('shows a warning that comes again once, and not too many', () => {
    const m = model(silent, silent);
    equal(m.view().notices.length, 1);
    for (let i = 0; i < 2 * NOTICES_MAX; i++)
      m.notify({ id: `n${i}`, severity: 'info', text: 'x' });
    deepEqual(
      [m.view().notices.length, m.view().notices.at(-1)?.id],
      [NOTICES_MAX, `n${2 * NOTICES_MAX - 1}`],
    );
  });

  it('gives levels apart from patches', () => {
    const m = model();
    m.apply(passing({ kind: 'level', source: 'mic', rmsDb: -20, peakDb: -10, speech: true }, 0));
    deepEqual(
      [m.takeLevels(), m.takeLevels(), m.takePatch()],
      [[{ source: 'mic', rmsDb: -20, speech: true }], undefined, undefined],
    );
  });

  it('counts session time on while it streams', () => {
    const m = model();
    const start = Date.parse(info.startedAt);
    deepEqual(
      [m.elapsedMs(start + 5_000), (m.apply(state('PAUSED')), m.elapsedMs(start + 9_000))],
      [5_000, 1_000],
    );
  });

  it('says the engine and its speed in words', () => {
    const words = (facts: object): string =>
      model(
        passing({
          kind: 'health',
          rtf: 0.055,
          queueMs: 0,
          dropped: 0,
          rejected: 0,
          degradationLevel: 'NORMAL',
          ...facts,
        }),
      ).view().health;
    deepEqual(
      [
        words({}),
        words({ rtf: 0.4 }),
        words({ rtf: 2 }),
        words({ rtf: 0 }),
        words({ queueMs: 8_200, dropped: 30 }),
        words({ queueMs: 60_000 }),
        words({ queueMs: 8_200, rtf: 0.5 }),
        words({ queueMs: 3_000, rtf: 0 }),
      ],
      [
        'Moonshine tiny, 18× faster than real time',
        'Moonshine tiny, 2.5× faster than real time',
        'Moonshine tiny, 2.0× slower than real time',
        'Moonshine tiny',
        'Moonshine tiny, 18× faster than real time, 0.6 s lost',
        'Moonshine tiny, 18× faster than real time, 60 s behind',
        'Moonshine tiny, 2.0× faster than real time, 8 s behind',
        'Moonshine tiny, 3 s behind',
      ],
    );
  });
});
