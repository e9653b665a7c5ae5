/** Common part of the makers that build our own graphs from model files. */
import type { GraphMaker } from './onnx';

/** A file lacks a tensor of the exported graph of that model; the message is its name. */
export class MissingTensorError extends Error {}

/**
 * @param revision increases with every change of the graph; stored graphs of another revision are
 * made again
 * @param graph throws MissingTensorError for a file of another kind
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
