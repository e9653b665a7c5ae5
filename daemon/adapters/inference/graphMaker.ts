/** Makers of graphs of our own out of models' files, and what they have in common. */
import type { GraphMaker } from './onnx';

/** A file lacks what the exported graph of that model has; the message is its name. */
export class MissingTensorError extends Error {}

/**
 * @param revision counts up with every change of the graph: kept ones of another revision are made
 * anew
 * @param graph throws Absent where the file is of another kind
 */
export function graphMaker(revision: string, graph: (file: Uint8Array) => Uint8Array): GraphMaker {
  return {
    revision,
    make: (file) => {
      try {
        return graph(file);
      } catch (error) {
        if (error instanceof MissingTensorError) return undefined;
        throw error;
      }
    },
  };
}
