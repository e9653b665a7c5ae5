/** What a person types survives every plan; what the machine wrote follows the session. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { Insight } from '../../../daemon/insights/types';
import { applyEdits } from '../../../daemon/notes/edits';
import { noteModel } from '../../../daemon/notes/items';
import { planNote } from '../../../daemon/notes/planNote';
import type { NoteDocument } from '../../../daemon/notes/types';

const evidence = (startMs: number) => [
  { segmentId: 's1', startMs, endMs: startMs + 1000, quote: 'words' },
];
const insight = (
  id: string,
  kind: Insight['kind'],
  text: string,
  more: Partial<Insight> = {},
): Insight => ({
  id,
  kind,
  text,
  status: 'open',
  confidence: 0.9,
  evidence: evidence(1000),
  symbols: [],
  ...more,
});
const segment = (n: number, text = `Words number ${n}.`, speaker = 'Ana') => ({
  id: `s${n}`,
  startMs: n * 1000,
  speaker,
  text,
});
const base: NoteDocument = {
  sessionId: 'a1',
  title: 'Standup',
  startedAt: '2026-11-21T14:05:00+01:00',
  branch: 'main',
  commit: 'abc1234',
  segments: [segment(1), segment(2, "I'll fix it by Friday.", 'Ben')],
  insights: [
    insight('a1', 'action', 'Fix the token refresh', {
      owner: 'Ben',
      due: { phrase: 'by Friday', date: '2026-11-27' },
    }),
    insight('d1', 'decision', 'Use Redis'),
  ],
};
const write = (text: string, document: NoteDocument) =>
  applyEdits(text, planNote(text, document).edits);
/** The note without front matter and manifest. */
const body = (text: string) =>
  text
    .replace(/^---\r?\n[^]*?\n---\r?\n/, '')
    .replace(/<!-- earmark[^]*-->\r?\n?/, '')
    .trim();

function check(
  person: (text: string) => string,
  machine: Partial<NoteDocument>,
  expected: (before: string) => string,
): void {
  const edited = person(write('', base));
  equal(body(write(edited, { ...base, ...machine })), body(expected(edited)));
}
const same = (text: string) => text;
const more = { insights: [...base.insights, insight('a2', 'action', 'Write the test')] };

describe('planNote: what the machine wrote', () => {
  it('writes a new note that is then up to date', () => {
    const note = write('', base);
    deepEqual(planNote(note, base), { edits: [], ticked: [] });
  });
  it('adds an item below the others', () =>
    check(same, more, (t) =>
      t.replace('[00:00:01]\n\n## Tr', '[00:00:01]\n- [ ] Write the test [00:00:01]\n\n## Tr'),
    ));
  it('adds a section where it belongs', () =>
    check(same, { insights: [...base.insights, insight('q1', 'question', 'Who pays?')] }, (t) =>
      t.replace('## Transcript', '## Open questions\n\n- Who pays? [00:00:01]\n\n## Transcript'),
    ));
  it('follows a changed insight', () =>
    check(
      same,
      {
        insights: [
          insight('a1', 'action', 'Fix the token refresh', { owner: 'Ana' }),
          base.insights[1]!,
        ],
      },
      (t) => t.replace('@Ben, by Friday (2026-11-27)', '@Ana'),
    ));
  it('removes what is withdrawn, and its heading when nothing is left', () =>
    check(same, { insights: [base.insights[0]!] }, (t) =>
      t.replace('## Decisions\n\n- Use Redis [00:00:01]\n\n', ''),
    ));
  it('renames a speaker everywhere', () =>
    check(
      same,
      {
        segments: base.segments.map((s) => ({
          ...s,
          speaker: s.speaker === 'Ana' ? 'Anna' : s.speaker,
        })),
      },
      (t) => t.replace('**Ana**', '**Anna**'),
    ));
  it('takes an echo out of the transcript', () =>
    check(same, { segments: [{ ...segment(1), hidden: true }, base.segments[1]!] }, (t) =>
      t.replace('**Ana** [00:00:01] Words number 1.\n\n', ''),
    ));
  it('puts a late segment in its place', () =>
    check(same, { segments: [...base.segments, { ...segment(9, 'Late.'), startMs: 1500 }] }, (t) =>
      t.replace('**Ben**', '**Ana** [00:00:01] Late.\n\n**Ben**'),
    ));
  it('changes nothing above the place where a word is added at the end', () => {
    const note = write('', base);
    const { edits } = planNote(note, { ...base, segments: [...base.segments, segment(3)] });
    deepEqual(
      {
        count: edits.length,
        first: note.slice(0, edits[0]!.start).endsWith('by Friday.\n'),
        inserted: edits[0]!.newText,
      },
      { count: 2, first: true, inserted: '\n**Ana** [00:00:03] Words number 3.\n' },
    );
  });
  it('keeps the line breaks of the note', () => {
    const note = write('', base).replace(/\n/g, '\r\n');
    deepEqual(planNote(note, base).edits, []);
    equal(/[^\r]\n/.test(write(note, { ...base, ...more })), false);
  });
});

describe('planNote: what the person wrote', () => {
  it('leaves an edited line alone', () =>
    check(
      (t) => t.replace('Fix the token refresh', 'Fix it all'),
      { insights: [insight('a1', 'action', 'Other'), base.insights[1]!] },
      same,
    ));
  it('does not bring back a deleted line', () =>
    check((t) => t.replace('- Use Redis [00:00:01]\n', ''), {}, same));
  it('does not bring back a deleted section', () =>
    check(
      (t) => t.replace('## Decisions\n\n- Use Redis [00:00:01]\n\n', ''),
      { insights: [...base.insights, insight('d2', 'decision', 'Use Go')] },
      same,
    ));
  it('goes on below a renamed heading', () =>
    check(
      (t) => t.replace('## Action items', '## Todo'),
      more,
      (t) =>
        t.replace('[00:00:01]\n\n## Tr', '[00:00:01]\n- [ ] Write the test [00:00:01]\n\n## Tr'),
    ));
  it('keeps remarks under their item', () =>
    check(
      (t) => t.replace('(2026-11-27) [00:00:01]\n', '(2026-11-27) [00:00:01]\n  - my remark\n'),
      more,
      (t) => t.replace('my remark\n', 'my remark\n- [ ] Write the test [00:00:01]\n'),
    ));
  it('writes on below a remark in the transcript', () =>
    check(
      (t) => t.replace('by Friday.\n', 'by Friday.\n\nRemember this.\n'),
      { segments: [...base.segments, segment(3)] },
      (t) =>
        t.replace('Remember this.\n', 'Remember this.\n\n**Ana** [00:00:03] Words number 3.\n'),
    ));
  it('keeps an edited front matter', () =>
    check(
      (t) => t.replace('branch: main', 'branch: topic').replace('[Ana, Ben]', '[Ana, Ben, Zoe]'),
      { branch: 'other', segments: [...base.segments, segment(3, 'Hi.', 'Cem')] },
      (t) => t.replace('by Friday.\n', 'by Friday.\n\n**Cem** [00:00:03] Hi.\n'),
    ));
  it('keeps a speaker that the person corrected', () =>
    check(
      (t) => t.replace('**Ben**', '**Ana**'),
      { segments: base.segments.map((s) => ({ ...s, speaker: `${s.speaker}!` })) },
      (t) => t.replace('**Ana** [00:00:01]', '**Ana!** [00:00:01]'),
    ));
  it("writes a section into a text of the person's own", () => {
    const note = write('My own page\n', base);
    equal(note.includes('My own page\n'), true);
    deepEqual(planNote(note, base).edits, []);
  });
  it('goes on when the manifest was taken out', () => {
    const note = write('', base).replace(/<!--[^]*$/, '');
    equal(body(write(note, base)), body(note));
  });
});

describe('planNote: boxes', () => {
  const done = { insights: [{ ...base.insights[0]!, status: 'done' as const }, base.insights[1]!] };
  const tick = (t: string) => t.replace('- [ ]', '- [x]');
  it('reports a tick and keeps it', () => {
    const note = tick(write('', base));
    deepEqual(planNote(note, base), {
      edits: [],
      ticked: [{ insightId: 'a1', status: 'done' }],
    });
  });
  it('is at rest once the tick is known', () => {
    const note = write(tick(write('', base)), { ...base, ...done });
    deepEqual(planNote(note, { ...base, ...done }), { edits: [], ticked: [] });
  });
  it('ticks what was done in the panel and clears it again', () => {
    const ticked = write(write('', base), { ...base, ...done });
    deepEqual(
      [ticked.includes('- [x] Fix'), write(ticked, base).includes('- [ ] Fix')],
      [true, true],
    );
  });
  it('keeps the tick while the words change', () =>
    check(
      tick,
      { insights: [insight('a1', 'action', 'Fix both', { owner: 'Ben' }), base.insights[1]!] },
      (t) => t.replace('Fix the token refresh', 'Fix both').replace(', by Friday (2026-11-27)', ''),
    ));
  it('keeps a ticked line that the machine withdraws', () =>
    check(tick, { insights: [base.insights[1]!] }, same));
});

/** Characters that only the person types here, so that they can be told from the machine's. */
const PERSON = /[\u2460-\u24ff]/g;
const typed = (text: string) => (text.match(PERSON) ?? []).join('');

type Step =
  | {
      readonly by: 'machine';
      readonly op:
        'say' | 'action' | 'decision' | 'reword' | 'remove' | 'hide' | 'rename' | 'title';
      readonly pick: number;
    }
  | {
      readonly by: 'person';
      readonly op: 'type' | 'typeLine' | 'newline' | 'deleteLine' | 'tick' | 'deleteHeading';
      readonly at: number;
    };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    by: fc.constant('machine' as const),
    op: fc.constantFrom(
      'say',
      'say',
      'action',
      'decision',
      'reword',
      'remove',
      'hide',
      'rename',
      'title',
    ),
    pick: fc.nat(1000),
  }),
  fc.record({
    by: fc.constant('person' as const),
    op: fc.constantFrom('type', 'typeLine', 'newline', 'deleteLine', 'tick', 'deleteHeading'),
    at: fc.nat(100_000),
  }),
);

/** A session, a note, and the items that the person has not touched. */
class World {
  document: NoteDocument = { ...base, segments: [], insights: [] };
  text = '';
  count = 0;
  readonly touched = new Set<string>();

  items() {
    const model = noteModel(this.document);
    return model.sections.flatMap(({ heading, items }) =>
      items.map((item) => ({ ...item, heading: heading.line })),
    );
  }

  machine(op: string, pick: number): void {
    const n = ++this.count;
    const { insights, segments } = this.document;
    const chosen = insights[pick % Math.max(1, insights.length)];
    const said = segments[pick % Math.max(1, segments.length)];
    const set = (change: Partial<NoteDocument>) => {
      this.document = { ...this.document, ...change };
    };
    if (op === 'say')
      set({
        segments: [...segments, { ...segment(n), startMs: (pick % 5 === 0 ? n - 1.5 : n) * 1000 }],
      });
    else if (op === 'action' || op === 'decision')
      set({ insights: [...insights, insight(`${op[0] ?? ''}${n}`, op, `Item ${n} now`)] });
    else if (op === 'title') set({ title: `Standup ${n}` });
    else if (op === 'rename' && said)
      set({ segments: segments.map((s) => (s === said ? { ...s, speaker: `Name${n}` } : s)) });
    else if (op === 'hide' && said)
      set({ segments: segments.map((s) => (s === said ? { ...s, hidden: true } : s)) });
    else if (op === 'reword' && chosen)
      set({
        insights: insights.map((i) => (i === chosen ? { ...i, text: `Item ${n} reworded` } : i)),
      });
    else if (op === 'remove' && chosen) set({ insights: insights.filter((i) => i !== chosen) });
  }

  person(op: string, at: number, insideManifest: boolean): void {
    const limit = insideManifest
      ? this.text.length
      : Math.max(0, this.text.indexOf('<!-- earmark'));
    const offset = limit === 0 ? 0 : at % limit;
    const mark = String.fromCharCode(0x2460 + (this.count++ % 160));
    const splice = (start: number, end: number, text: string) => {
      this.text = this.text.slice(0, start) + text + this.text.slice(end);
    };
    const lineStart = this.text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
    const newline = this.text.indexOf('\n', lineStart);
    const lineEnd = newline === -1 ? this.text.length : newline + 1;
    const line = this.text.slice(lineStart, lineEnd);
    if (op === 'type') splice(offset, offset, mark);
    else if (op === 'typeLine') splice(lineStart, lineStart, `${mark} own line\n`);
    else if (op === 'newline') splice(offset, offset, '\n');
    else if (op === 'deleteLine' && !/^(#|---)/.test(line)) splice(lineStart, lineEnd, '');
    else if (op === 'deleteHeading' && line.startsWith('## ')) splice(lineStart, lineEnd, '');
    else if (op === 'tick') {
      const box = this.text.indexOf('- [ ] ', lineStart);
      if (box !== -1) splice(box + 3, box + 4, 'x');
    }
  }

  /** What of the machine's no longer stands as the machine wrote it was touched. */
  noteTouches(before: ReadonlyMap<string, string>): void {
    const now = new Set(lines(this.text));
    for (const [key, line] of before)
      if (!now.has(line) && !now.has(line.replace('[ ]', '[x]'))) this.touched.add(key);
  }

  rendered(): Map<string, string> {
    const stands = new Set(lines(this.text));
    return new Map(
      this.items().flatMap(({ key, line }) =>
        stands.has(line) || stands.has(line.replace('[ ]', '[x]')) ? [[key, line] as const] : [],
      ),
    );
  }
}
const lines = (text: string) => text.split('\n');

function run(
  steps: readonly Step[],
  insideManifest: boolean,
  verify: (world: World) => void,
): void {
  const world = new World();
  for (const next of steps) {
    if (next.by === 'machine') world.machine(next.op, next.pick);
    else {
      const before = world.rendered();
      world.person(next.op, next.at, insideManifest);
      world.noteTouches(before);
    }
    const own = typed(world.text);
    const plan = planNote(world.text, world.document);
    world.text = applyEdits(world.text, plan.edits);
    equal(typed(world.text), own, 'what the person typed changed');
    deepEqual(
      planNote(world.text, world.document).edits,
      [],
      'a second plan changes the note again',
    );
    verify(world);
  }
}

describe('planNote: any order of edits by both', () => {
  it('keeps what the person typed, wherever they type', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => run(steps, true, () => undefined)),
      { numRuns: 1000 },
    );
  });
  it('shows every item that nobody touched exactly once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) =>
        run(steps, false, (world) => {
          const all = lines(world.text);
          for (const { key, line, heading } of world.items()) {
            if (world.touched.has(key)) continue;
            const found = all.filter(
              (other) => other === line || other.replace('[x]', '[ ]') === line,
            ).length;
            // A section whose heading the person took away or changed takes nothing new.
            ok(
              found === 1 || (found === 0 && !all.includes(heading)),
              `${found} times: ${line}\n${world.text}`,
            );
          }
        }),
      ),
      { numRuns: 1000 },
    );
  });
  // Whoever takes a heading away leaves it open where the next section goes.
  it('comes to the same where it is brought up to date at once or step by step, while things are added', () => {
    const adding = fc.record({
      by: fc.constant('machine' as const),
      op: fc.constantFrom('say', 'action', 'decision'),
      pick: fc.nat(1000),
    });
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            step.filter(({ op }) => op === 'typeLine' || op === 'tick'),
            adding,
          ),
          { maxLength: 20 },
        ),
        fc.array(adding, { minLength: 1, maxLength: 4 }),
        (before, more) => {
          const world = new World();
          const add = (next: Step): void => {
            if (next.by === 'machine') world.machine(next.op, next.pick);
            else world.person(next.op, next.at, false);
            world.text = applyEdits(world.text, planNote(world.text, world.document).edits);
          };
          before.forEach(add);
          const saved = world.text;
          more.forEach(add);
          equal(applyEdits(saved, planNote(saved, world.document).edits), world.text);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
