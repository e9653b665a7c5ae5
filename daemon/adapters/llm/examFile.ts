/**
 * `language-models.json` of the state folder (0600): the level that each language model reached in
 * the exam. A damaged file or one of another exam counts as empty, so models are examined again.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../base/logger';
import type { ExamResults } from '../../insights/model/examResults';
import { type Capability, EXAM_VERSION } from '../../insights/write/exam';

const FILE = 'language-models.json';
/** The oldest result goes first. */
const MAX_RESULTS = 100;

const Stored = z.object({
  exam: z.literal(EXAM_VERSION),
  models: z
    .array(z.object({ modelId: z.string().max(400), level: z.enum(['strong', 'middle', 'none']) }))
    .max(MAX_RESULTS),
});

export class ExamFile implements ExamResults {
  private readonly file: string;
  private readonly results: Map<string, Capability>;

  constructor(
    home: string,
    private readonly logger: Logger,
  ) {
    this.file = join(home, FILE);
    this.results = new Map(this.read().map(({ modelId, level }) => [modelId, level]));
  }

  get(modelId: string): Capability | undefined {
    return this.results.get(modelId);
  }

  get all(): ExamResults['all'] {
    return [...this.results].map(([modelId, level]) => ({ modelId, level }));
  }

  /** A result that cannot be written counts until the daemon ends. */
  set(modelId: string, level: Capability): void {
    this.results.delete(modelId);
    this.results.set(modelId, level);
    for (const oldest of [...this.results.keys()].slice(0, this.results.size - MAX_RESULTS))
      this.results.delete(oldest);
    const text = JSON.stringify({ exam: EXAM_VERSION, models: this.all }, null, 1);
    try {
      writeFileSync(`${this.file}.new`, `${text}\n`, { mode: 0o600 });
      renameSync(`${this.file}.new`, this.file);
    } catch (error) {
      this.logger.warn('llm.examNotStored', {
        error: (error as NodeJS.ErrnoException).code ?? 'unknown',
      });
    }
  }

  private read(): z.infer<typeof Stored>['models'] {
    try {
      const stored = Stored.safeParse(JSON.parse(readFileSync(this.file, 'utf8')));
      return stored.success ? stored.data.models : [];
    } catch {
      return [];
    }
  }
}
