/** The declarations hold together, and PROTOCOL.md says what they say. */
import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EarmarkError, ERRORS, ErrorCodes, FAMILIES, negotiate, request } from '../../../protocol';
import { declarationHash, PAGE, renderProtocolPage } from '../../../scripts/protocolPage';

const all = Object.entries(FAMILIES).flatMap(([family, messages]) =>
  messages.map((m) => ({ family, ...m })),
);

describe('the protocol', () => {
  it('is what PROTOCOL.md says (npm run docs writes it)', () => {
    const page = readFileSync(PAGE, 'utf8');
    equal(/Hash of the declarations: `([0-9a-f]{64})`/.exec(page)?.[1], declarationHash());
    equal(page, renderProtocolPage());
  });

  it('declares every method once, in its family, with a sentence', () => {
    const methods = all.map((m) => m.method);
    deepEqual(
      methods.filter((m, i) => methods.indexOf(m) !== i),
      [],
    );
    deepEqual(
      all.filter((m) => !m.method.startsWith(`${m.family}/`)),
      [],
    );
    deepEqual(
      all.filter((m) => !/^[A-Z`][^]*\.$/.test(m.doc)).map((m) => m.method),
      [],
    );
  });

  it('takes params and results as objects, so that fields can be added', () => {
    const kinds = all.flatMap((m) =>
      [m.params, ...(m.type === 'request' ? [m.result] : [])].map((s) => [
        m.method,
        s instanceof z.ZodObject || s instanceof z.ZodDiscriminatedUnion,
      ]),
    );
    deepEqual(
      kinds.filter(([, ok]) => !ok),
      [],
    );
  });

  it('ignores a field that a newer minor version added', () => {
    const { params } = request({
      method: 'x/y',
      doc: 'X.',
      params: z.object({ a: z.number() }),
      result: z.object({}),
    });
    deepEqual(params.parse({ a: 1, b: 2 }), { a: 1 });
  });

  it('gives every error its own number', () => {
    const numbers = ErrorCodes.map((code) => ERRORS[code].rpc);
    deepEqual(
      numbers.filter((n, i) => numbers.indexOf(n) !== i),
      [],
    );
  });

  it('carries an error over the wire and back', () => {
    const error = new EarmarkError('model.diskFull', 'No room.', {
      retryAfterMs: 5,
      details: { neededBytes: 7 },
      cause: new Error('private'),
    });
    const data: unknown = JSON.parse(JSON.stringify(error.toData()));
    const back = EarmarkError.fromData(error.message, data);
    deepEqual(
      [
        back?.code,
        back?.message,
        back?.retryAfterMs,
        back?.details,
        back?.cause,
        back?.rpcCode,
        back?.retry,
      ],
      [
        'model.diskFull',
        'No room.',
        5,
        { neededBytes: 7 },
        undefined,
        ERRORS['model.diskFull'].rpc,
        'later',
      ],
    );
    deepEqual(
      [new EarmarkError('model.diskFull', 'No room.').retry, ERRORS['model.diskFull'].retry],
      ['fix', 'fix'],
    );
    equal(EarmarkError.fromData('x', { code: 'nonsense' }), undefined);
  });

  it('negotiates by major version', () => {
    const version = (major: number, minor = 0) => ({ major, minor });
    deepEqual(
      [
        negotiate(version(1, 9), version(1, 0)),
        negotiate(version(2), version(1)),
        negotiate(version(1), version(2)),
      ],
      ['ok', 'drain', 'updateClient'],
    );
  });
});
