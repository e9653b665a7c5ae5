/**
 * Plans the edits that update a note (`notes/plan`), from its text and the session alone.
 *
 * The plan is a three-way merge of lines. The manifest lists the lines that Earmark wrote, the text
 * holds the current lines, and the model holds the wanted lines. A recorded line that is unchanged
 * follows the model. A recorded line that the user changed or deleted is left alone. A line that is
 * not recorded is new and is inserted.
 */
import { applyEdits, joinEdits, smallestEdit } from './edits';
import { FRONT_KEYS, noteModel, type NoteItem, type NoteModel, type NoteSection } from './items';
import {
  boxCharacter,
  boxOf,
  headingLevel,
  isBlank,
  lineBreak,
  splitLines,
  withBox,
  type Line,
} from './lines';
import {
  compareKeys,
  findManifest,
  hashLine,
  manifestRows,
  newManifest,
  type FoundManifest,
} from './manifest';
import { isOutOfOrder } from './reorder';
import type { NoteDocument, NoteEdit, NotePlan } from './types';

/** Place of a wanted line, and whether the user changed its box since it was written. */
interface LinePosition {
  readonly line: number;
  readonly flipped: boolean;
}

/** New lines before line `at`; `tight` if no blank line belongs above them. */
interface Block {
  readonly at: number;
  readonly lines: readonly string[];
  readonly tight: boolean;
}

/** @param text current text of the note; empty for a new note */
export function planNote(text: string, document: NoteDocument): NotePlan {
  const model = noteModel(document);
  const plan = new Planner(text, model).plan();
  if (document.template === undefined || text === '') return plan;
  const fresh = applyEdits('', new Planner('', model).plan().edits);
  return isOutOfOrder(applyEdits(text, plan.edits), fresh)
    ? { edits: [{ start: 0, end: text.length, newText: fresh }], ticked: plan.ticked }
    : plan;
}

class Planner {
  private readonly lines: readonly Line[];
  private readonly eol: string;
  private readonly manifest: FoundManifest | undefined;
  private readonly positions = new Map<string, LinePosition>();
  private readonly claimed = new Set<number>();
  private readonly entries: Map<string, string>;
  private readonly blocks: Block[] = [];
  private readonly edits: NoteEdit[] = [];
  private readonly ticked: { insightId: string; status: 'done' | 'open' }[] = [];

  constructor(
    private readonly text: string,
    private readonly model: NoteModel,
  ) {
    this.lines = splitLines(text);
    this.eol = lineBreak(text);
    this.manifest = findManifest(this.lines);
    this.entries = new Map(this.manifest?.entries);
  }

  plan(): NotePlan {
    this.locate();
    this.planFront();
    this.planTitle();
    for (const section of this.model.sections) this.planSection(section);
    this.removeUnwanted();
    this.planManifest();
    this.writeBlocks();
    return { edits: joinEdits(this.edits), ticked: this.ticked };
  }

  /** Finds every recorded line by its hash. Finds an unrecorded line by its exact text. */
  private locate(): void {
    const byHash = new Map<string, { readonly places: LinePosition[]; next: number }>();
    this.lines.forEach((line, at) => {
      if (this.insideManifest(at) || line.text.trim() === '') return;
      const add = (hash: string, flipped: boolean): void => {
        const same = byHash.get(hash);
        if (same) same.places.push({ line: at, flipped });
        else byHash.set(hash, { places: [{ line: at, flipped }], next: 0 });
      };
      add(hashLine(line.text), false);
      const box = boxOf(line.text);
      if (box === 'open') add(hashLine(withBox(line.text, 'x')), true);
      if (box === 'done') add(hashLine(withBox(line.text, ' ')), true);
    });
    const claim = (key: string, hash: string) => {
      const same = byHash.get(hash);
      // A claimed line stays claimed, so the search goes on where the last one ended.
      while (same && this.claimed.has(same.places[same.next]?.line ?? -1)) same.next++;
      const place = same?.places[same.next];
      if (!place) return;
      this.claimed.add(place.line);
      this.positions.set(key, place);
    };
    for (const [key, hash] of this.entries) claim(key, hash);
    for (const item of this.allItems()) {
      if (this.entries.has(item.key)) continue;
      claim(item.key, hashLine(item.line));
      if (this.positions.has(item.key)) this.entries.set(item.key, hashLine(item.line));
    }
  }

  private allItems(): NoteItem[] {
    const shown = this.model.sections.filter(({ items }) => items.length > 0);
    return [
      ...this.model.front,
      this.model.title,
      ...shown.flatMap(({ heading, items }) => [heading, ...items]),
    ];
  }

  private planFront(): void {
    const fence = this.frontFence();
    const fresh: string[] = [];
    let at = fence;
    for (const item of this.model.front) {
      const place = this.positions.get(item.key);
      if (place) {
        this.update(item, place);
        continue;
      }
      if (this.entries.has(item.key)) continue;
      const name = `${item.line.split(':')[0] ?? ''}:`;
      if (
        fence !== undefined &&
        this.lines.slice(1, fence).some((line) => line.text.startsWith(name))
      )
        continue;
      if (fence === undefined && this.knowsFront()) continue;
      at = fence ?? 0;
      fresh.push(item.line);
      this.record(item);
    }
    if (fresh.length === 0 || at === undefined) return;
    if (fence === undefined)
      this.blocks.push({ at: 0, lines: ['---', ...fresh, '---'], tight: true });
    else this.blocks.push({ at, lines: fresh, tight: true });
  }

  /** Line of the closing `---`; undefined if the text has no front matter. */
  private frontFence(): number | undefined {
    if (this.lines[0]?.text !== '---') return undefined;
    const at = this.lines.findIndex((line, i) => i > 0 && line.text === '---');
    return at === -1 ? undefined : at;
  }

  private planTitle(): void {
    const { title } = this.model;
    const place = this.positions.get(title.key);
    if (place) this.update(title, place);
    else if (!this.entries.has(title.key))
      this.insert(title, { at: (this.frontFence() ?? -1) + 1, lines: [title.line], tight: false });
  }

  private planSection({ heading, items, layout }: NoteSection): void {
    const headingPlace = this.positions.get(heading.key);
    const fresh: NoteItem[] = [];
    for (const item of items) {
      const place = this.positions.get(item.key);
      if (place) this.update(item, place);
      else if (!this.entries.has(item.key)) fresh.push(item);
    }
    if (headingPlace && items.length > 0) this.update(heading, headingPlace);
    if (fresh.length === 0) return;
    if (!headingPlace && !this.entries.has(heading.key))
      return this.insertSection(heading, fresh, layout);
    const wasHere = items.some((item) => this.positions.has(item.key));
    // The user deleted the whole section, so it is not added again.
    if (!headingPlace && !wasHere) return;
    for (const item of fresh) this.insertItem(item, items, layout, headingPlace?.line);
  }

  private insertSection(
    heading: NoteItem,
    fresh: readonly NoteItem[],
    layout: NoteSection['layout'],
  ): void {
    const separated =
      layout === 'list'
        ? ['', ...fresh.map(({ line }) => line)]
        : fresh.flatMap(({ line }) => ['', line]);
    for (const item of fresh) this.record(item);
    this.insert(heading, {
      at: this.placeOfSection(heading.key),
      lines: [heading.line, ...separated],
      tight: false,
    });
  }

  /** A new section goes before the next existing section, or to the end. */
  private placeOfSection(key: string): number {
    const keys = this.model.sections.map(({ heading }) => heading.key);
    for (const later of keys.slice(keys.indexOf(key) + 1)) {
      const place = this.positions.get(later);
      if (place) return place.line;
    }
    return this.endOfNote();
  }

  private insertItem(
    item: NoteItem,
    items: readonly NoteItem[],
    layout: NoteSection['layout'],
    heading: number | undefined,
  ): void {
    const index = items.indexOf(item);
    const before = items.slice(0, index).findLast(({ key }) => this.positions.has(key));
    const after = items.slice(index + 1).find(({ key }) => this.positions.has(key));
    const beforeLine = before && this.positions.get(before.key)?.line;
    const afterLine = after && this.positions.get(after.key)?.line;
    const tight = layout === 'list';
    // New transcript lines go below everything, including the user's notes. Notes keep their place
    // in time.
    if (layout === 'paragraphs' && after === undefined)
      this.insert(item, {
        at: this.endOfSection(beforeLine ?? heading ?? 0),
        lines: [item.line],
        tight: false,
      });
    else if (beforeLine !== undefined)
      this.insert(item, { at: this.afterAttached(beforeLine, layout), lines: [item.line], tight });
    else if (afterLine !== undefined)
      this.insert(item, {
        at: afterLine,
        lines: [item.line],
        tight: tight && !isBlank(this.lines[afterLine - 1]) && afterLine - 1 !== heading,
      });
    else
      this.insert(item, {
        at:
          isBlank(this.lines[(heading ?? 0) + 1]) && (heading ?? 0) + 1 < this.lines.length
            ? (heading ?? 0) + 2
            : (heading ?? 0) + 1,
        lines: [item.line],
        tight: false,
      });
  }

  /**
   * First line after `line` that is not part of it. Lines that the user wrote under an item stay
   * under it.
   */
  private afterAttached(line: number, layout: NoteSection['layout']): number {
    let at = line + 1;
    while (at < this.lines.length) {
      const next = this.lines[at]!;
      const starts =
        this.claimed.has(at) ||
        this.insideManifest(at) ||
        headingLevel(next) > 0 ||
        (layout === 'list' && /^[-*+] /.test(next.text));
      if (!next.fenced && (isBlank(next) || starts)) break;
      at++;
    }
    return at;
  }

  /**
   * After the last non-empty line before the manifest or the next heading of the section's level.
   */
  private endOfSection(from: number): number {
    let end = from + 1;
    for (let at = from + 1; at < this.lines.length && !this.insideManifest(at); at++) {
      const level = headingLevel(this.lines[at]!);
      if (level === 1 || level === 2) break;
      if (!isBlank(this.lines[at])) end = at + 1;
    }
    return end;
  }

  /** Deletes recorded lines that the model no longer has. Ticked lines stay. */
  private removeUnwanted(): void {
    const wanted = new Set(this.allItems().map(({ key }) => key));
    for (const key of [...this.entries.keys()]) {
      const place = this.positions.get(key);
      if (wanted.has(key) || !place || place.flipped) continue;
      if (this.isHeading(key) && !this.isEmptySection(place.line, wanted)) continue;
      this.entries.delete(key);
      this.removeLine(place.line);
    }
  }

  private removeLine(at: number): void {
    const line = this.lines[at]!;
    this.edits.push({ start: line.start, end: line.next, newText: '' });
    const below = this.lines[at + 1];
    if (below && isBlank(below) && below.text === '' && isBlank(this.lines[at - 1]))
      this.edits.push({ start: below.start, end: below.next, newText: '' });
  }

  /** True if this heading and the next enclose only lines to delete. */
  private isEmptySection(heading: number, wanted: ReadonlySet<string>): boolean {
    const going = new Set(
      [...this.positions]
        .filter(([key, place]) => !wanted.has(key) && !place.flipped && !this.isHeading(key))
        .map(([, place]) => place.line),
    );
    for (let at = heading + 1; at < this.lines.length && !this.insideManifest(at); at++) {
      const level = headingLevel(this.lines[at]!);
      if (level === 1 || level === 2) return true;
      if (!isBlank(this.lines[at]) && !going.has(at)) return false;
    }
    return true;
  }

  private update(item: NoteItem, place: LinePosition): void {
    const line = this.lines[place.line]!;
    const mine = boxCharacter(line.text);
    const keepsBox = place.flipped && mine !== undefined && boxOf(line.text) !== boxOf(item.line);
    const wanted = keepsBox ? withBox(item.line, mine) : item.line;
    if (keepsBox && item.insightId !== undefined)
      this.ticked.push({ insightId: item.insightId, status: boxOf(line.text) ?? 'open' });
    // A capital X means the same and is the user's choice.
    const same = mine === 'X' && boxOf(wanted) === 'done' ? withBox(wanted, 'X') : wanted;
    if (same !== line.text) this.edits.push(smallestEdit(line.start, line.text, same));
    this.entries.set(item.key, hashLine(item.line));
  }

  private insert(item: NoteItem, block: Block): void {
    this.blocks.push(block);
    this.record(item);
  }

  private record(item: NoteItem): void {
    this.entries.set(item.key, hashLine(item.line));
  }

  private knowsFront(): boolean {
    return FRONT_KEYS.some((key) => this.manifest?.entries.has(key));
  }

  private isHeading(key: string): boolean {
    return this.model.sections.some(({ heading }) => heading.key === key);
  }

  private planManifest(): void {
    const rows = manifestRows(this.entries);
    const found = this.manifest;
    if (!found) {
      this.blocks.push({ at: this.lines.length, lines: newManifest(rows), tight: false });
      return;
    }
    for (const { key, line, text } of found.rows) {
      const wanted = rows.get(key);
      rows.delete(key);
      const at = this.lines[line]!;
      if (wanted === undefined) this.edits.push({ start: at.start, end: at.next, newText: '' });
      else if (wanted !== text) this.edits.push(smallestEdit(at.start, text, wanted));
    }
    // In the order of their keys, so one plan gives the same result as several.
    for (const [key, row] of rows)
      this.blocks.push({
        at: found.rows.find((other) => compareKeys(other.key, key) > 0)?.line ?? found.last,
        lines: [row],
        tight: true,
      });
  }

  private endOfNote(): number {
    if (!this.manifest) return this.lines.length;
    let at = this.manifest.first;
    while (at > 0 && isBlank(this.lines[at - 1])) at--;
    return at;
  }

  private insideManifest(at: number): boolean {
    return this.manifest !== undefined && at >= this.manifest.first && at <= this.manifest.last;
  }

  /** Converts blocks to insertions, with blank lines above and below if Markdown needs them. */
  private writeBlocks(): void {
    const groups = new Map<number, Block[]>();
    for (const block of this.blocks) groups.set(block.at, [...(groups.get(block.at) ?? []), block]);
    for (const [at, blocks] of groups) {
      const offset = this.lines[at]?.start ?? this.text.length;
      let inserted =
        at === this.lines.length && this.text !== '' && !this.text.endsWith('\n') ? this.eol : '';
      let openAbove = at > 0 && !isBlank(this.lines[at - 1]);
      for (const block of blocks) {
        if (openAbove && !block.tight) inserted += this.eol;
        inserted += block.lines.map((line) => line + this.eol).join('');
        openAbove = true;
      }
      const below = this.lines[at];
      const lastTight = blocks[blocks.length - 1]?.tight ?? true;
      const listBelow =
        below !== undefined &&
        /^[-*+] /.test(below.text) &&
        blocks.every(({ lines }) => lines.every((line) => line.startsWith('- ')));
      if (below && !isBlank(below) && !lastTight && !listBelow) inserted += this.eol;
      this.edits.push({ start: offset, end: offset, newText: inserted });
    }
  }
}
