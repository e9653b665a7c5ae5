/**
 * Whether this processor and ONNX Runtime multiply in 8 bits correctly. ONNX Runtime 1.22 to 1.24
 * give wrong results on processors with AMX, so that texts are wrong without an error. The products
 * are whole numbers; so the right ones are known exactly.
 */
import { EarmarkError } from '../../../../protocol/errors';
import type { Ort } from '../graphs/onnx';
import { GraphWriter } from '../graphs/onnxGraph';

/** Element types of onnx.proto. */
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;

/**
 * Rows, inner size and columns: the frames and channels of small and of large encoders, with a last
 * block of rows that is not full, which is where the known fault lies.
 */
const SHAPES: readonly (readonly [number, number, number])[] = [
  [138, 64, 256],
  [197, 512, 128],
];
/** Rows at the end of a product that are compared; a block of AMX has 16. */
const COMPARED_ROWS = 40;
const ZERO_POINT = 121;

let tested: Promise<boolean> | undefined;

/** @throws EarmarkError engine.unavailable where 8-bit products are wrong */
export async function requireRight8Bit(ort: Ort): Promise<void> {
  tested ??= multipliesRight(ort);
  if (await tested) return;
  throw new EarmarkError(
    'engine.unavailable',
    'ONNX Runtime computes wrong 8-bit results on this processor. Choose the float model, or update Earmark.',
  );
}

/** @param multiply the runtime's product, [rows, columns]; a test gives its own */
export async function multipliesRight(ort: Ort, multiply = productOf): Promise<boolean> {
  for (const shape of SHAPES)
    for (const weightType of [UINT8, INT8])
      if (!(await isRight(ort, shape, weightType, multiply))) return false;
  return true;
}

async function isRight(
  ort: Ort,
  [rows, inner, columns]: readonly [number, number, number],
  weightType: number,
  multiply: typeof productOf,
): Promise<boolean> {
  const left = pattern(rows * inner, 7, 0);
  const right = pattern(inner * columns, 13, weightType === INT8 ? -128 : 0);
  const product = await multiply(ort, { left, right, rows, inner, columns, weightType });
  for (let row = rows - COMPARED_ROWS; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < inner; i++)
        sum +=
          ((left[row * inner + i] as number) - ZERO_POINT) *
          (right[i * columns + column] as number);
      if (product[row * columns + column] !== sum) return false;
    }
  return true;
}

/** Values over the whole range of 8 bits, the same each time (a linear congruence). */
function pattern(count: number, seed: number, lowest: number): readonly number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return ((state >> 16) & 0xff) + lowest;
  });
}

export interface Product {
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly weightType: number;
}

/** The weights are constants of the graph, as in a model, so that the runtime packs them. */
async function productOf(
  ort: Ort,
  { left, right, rows, inner, columns, weightType }: Product,
): Promise<ArrayLike<number>> {
  const graph = new GraphWriter();
  graph.port('input', 'left', UINT8, ['rows', inner]);
  graph.port('output', 'product', INT32, ['rows', columns]);
  const byte = (type: number, shape: readonly number[], values: readonly number[]): string =>
    graph.weight({ type, shape, bytes: Uint8Array.from(values, (value) => value & 0xff) });
  const inputs = [
    'left',
    byte(weightType, [inner, columns], right),
    byte(UINT8, [], [ZERO_POINT]),
    byte(weightType, [], [0]),
  ];
  graph.node('MatMulInteger', inputs, {}, ['product']);
  const session = await ort.InferenceSession.create(graph.finish(), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const results = await session.run({
      left: new ort.Tensor('uint8', Uint8Array.from(left), [rows, inner]),
    });
    return results['product']?.data as Int32Array;
  } finally {
    await session.release();
  }
}
