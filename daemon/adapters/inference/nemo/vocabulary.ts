/**
 * The sentence pieces of a NeMo model, as `vocab.txt` or `tokens.txt` lists them: a piece and its
 * number a line, the blank last. Pure.
 */
import type { PieceEncoder } from '../../../asr/decoding/phraseBias';
import { EarmarkError } from '../../../../protocol/errors';

/** Sentence pieces write a space so. */
const SPACE_MARK = '▁';
/** Marks of the model, such as a language; no text. */
const CONTROL = /^<(?:\||unk>|pad>|s>|\/s>|blk>|blank>|en>)/;
/** One byte of a character that has no piece of its own. */
const BYTE = /^<0x([0-9A-F]{2})>$/;
const MAX_PIECES = 200_000;

export class Vocabulary implements PieceEncoder {
  /** Without the blank. */
  readonly vocabById: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;
  private readonly marks: ReadonlySet<string>;
  /** Whether letters other than those of English are there. */
  readonly multilingual: boolean;

  /** @throws EarmarkError model.corrupt where a line is no piece and number */
  constructor(file: string) {
    const pieces = file
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line, i) => {
        const space = line.lastIndexOf(' ');
        if (space < 1 || Number(line.slice(space + 1)) !== i) throw unreadable();
        return line.slice(0, space);
      });
    if (pieces.length < 2 || pieces.length > MAX_PIECES) throw unreadable();
    this.vocabById = pieces.slice(0, -1);
    this.ids = new Map(this.vocabById.map((piece, id) => [piece, id]));
    const characters = new Set(this.vocabById.flatMap((piece) => [...piece]));
    this.marks = new Set([...characters].filter((character) => /^\p{P}$/u.test(character)));
    this.multilingual = [...characters].some((c) => /^\p{L}$/u.test(c) && !/^[A-Za-z]$/.test(c));
  }

  /** The blank's number: the last. */
  get blank(): number {
    return this.vocabById.length;
  }

  piece(id: number): string {
    return this.vocabById[id] ?? '';
  }

  /** Whether a piece is one punctuation mark. */
  isMark(id: number): boolean {
    return this.marks.has(bare(this.piece(id)));
  }

  /** Whether a piece begins a word. */
  begins(id: number): boolean {
    return this.piece(id).startsWith(SPACE_MARK) && !this.isMark(id);
  }

  text(ids: readonly number[]): string {
    let text = '';
    let bytes: number[] = [];
    const flush = (): void => {
      if (bytes.length > 0) text += Buffer.from(bytes).toString('utf8');
      bytes = [];
    };
    for (const id of ids) {
      const piece = this.piece(id);
      const byte = BYTE.exec(piece)?.[1];
      if (byte !== undefined) {
        bytes.push(parseInt(byte, 16));
        continue;
      }
      flush();
      if (!CONTROL.test(piece)) text += piece;
    }
    flush();
    return text.replaceAll(SPACE_MARK, ' ').trim();
  }

  /**
   * Pieces of a text by byte-pair encoding: the pair whose union has the lowest number is joined
   * first, because sentence pieces are numbered in the order in which they were learnt. A character
   * without a piece ends the encoding: there is none.
   */
  encode(text: string, _hasBos = false, hasLeadingSpace = true): number[] {
    const parts = [...`${hasLeadingSpace ? SPACE_MARK : ''}${text.replaceAll(' ', SPACE_MARK)}`];
    for (;;) {
      let best = -1;
      let lowest = Infinity;
      for (let i = 0; i + 1 < parts.length; i++) {
        const id = this.ids.get(`${parts[i]}${parts[i + 1]}`);
        if (id !== undefined && id < lowest) [best, lowest] = [i, id];
      }
      if (best < 0) break;
      parts.splice(best, 2, `${parts[best]}${parts[best + 1]}`);
    }
    const ids = parts.map((part) => this.ids.get(part));
    return ids.every((id) => id !== undefined) ? ids : [];
  }
}

function bare(piece: string): string {
  return piece.replace(/^▁+/, '');
}

function unreadable(): EarmarkError {
  return new EarmarkError(
    'model.corrupt',
    'The vocabulary of the model cannot be read; run `earmark models verify`, or add the folder again.',
  );
}
