/** The port to the stored results of exams, and a store in memory. */
import type { Capability } from '../write/exam';

export interface ExamResults {
  get(modelId: string): Capability | undefined;
  set(modelId: string, capability: Capability): void;
  readonly all: readonly { readonly modelId: string; readonly level: Capability }[];
}

/** Results for as long as the process runs. */
export class MemoryExamResults implements ExamResults {
  private readonly results = new Map<string, Capability>();

  get(modelId: string): Capability | undefined {
    return this.results.get(modelId);
  }

  set(modelId: string, capability: Capability): void {
    this.results.set(modelId, capability);
  }

  get all(): ExamResults['all'] {
    return [...this.results].map(([modelId, level]) => ({ modelId, level }));
  }
}
