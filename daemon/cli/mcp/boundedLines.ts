/** Lines of an agent, bounded: a longer one is left out and the following ones are read. */
import { Transform } from 'node:stream';

const NEWLINE = 0x0a;
/** Bytes of a line that is left out whose id is looked for, at each end. */
const EDGE_BYTES = 200;
const ID = String.raw`"id":(\d{1,15}|"[^"\\]{1,100}")`;
const ID_AT_FRONT = new RegExp(String.raw`^\s*\{(?:"jsonrpc":"2\.0",)?${ID}[,}]`);
const ID_AT_END = new RegExp(String.raw`[,{]${ID}(?:,"jsonrpc":"2\.0")?\}\s*$`);

/**
 * Passes on lines of at most `max` bytes, with their ends.
 * @param onTooLong called at the end of each longer line, with the id of its request; null if it is
 * at neither end of the line
 */
export function boundedLines(
  max: number,
  onTooLong: (id: string | number | null) => void,
): Transform {
  let line: Buffer[] = [];
  let bytes = 0;
  let front = '';
  let end = '';
  const add = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= max) return void line.push(part);
    if (front === '') front = Buffer.concat([...line, part]).toString('latin1', 0, EDGE_BYTES);
    line = [];
    end = (end + part.toString('latin1', Math.max(0, part.length - EDGE_BYTES))).slice(-EDGE_BYTES);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let rest = chunk;
      for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
        add(rest.subarray(0, at + 1));
        if (bytes <= max) this.push(Buffer.concat(line));
        else {
          const id = ID_AT_FRONT.exec(front)?.[1] ?? ID_AT_END.exec(end)?.[1];
          onTooLong(id === undefined ? null : (JSON.parse(id) as string | number));
        }
        [line, bytes, front, end] = [[], 0, '', ''];
        rest = rest.subarray(at + 1);
      }
      if (rest.length > 0) add(rest);
      done();
    },
  });
}
