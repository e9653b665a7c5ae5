/**
 * The analyzer of a session. Linguistic rules and an optional language model produce insights from
 * segments. All insights pass the evidence gate.
 */
import type { SegmentText } from '../transcript/types';
import type { TurnScorer } from './contract/turns';
import { ConversationReader } from './conversation/conversation';
import { type Line } from './conversation/line';
import { TurnDetector } from './detect/turnDetector';
import { Discourse, type Finding } from './discourse/discuss';
import { EntityFinder } from './entities';
import { evidenceGate } from './evidenceGate';
import { winkNlp, type Nlp } from './language/nlp';
import type { AskedModel } from './model/modelQueue';
import { ModelReader } from './model/modelReader';
import { QuotedLines } from './text/quotedLine';
import { InsightReconciler } from './reconcile';
import { isNumbered } from './conversation/people';
import { SegmentOrder } from './conversation/segmentOrder';
import { SpeakerNames } from './speakerNames';
import { sentenceKey, Summariser } from './summary/summary';
import { overviewOf, placeSentence } from './summary/summarySections';
import { type Topic, TopicFinder } from './summary/topics';
import type {
  AnalysisContext,
  Analyzer,
  AnalyzerFactory,
  DetectorPass,
  Insight,
  InsightChange,
  ModelPass,
  SpeakerName,
} from './types';

export interface AnalyzerOptions {
  /** Words and parts of speech; wink-nlp if absent. */
  readonly nlp?: Nlp;
  /** Queue of the language model, requested at the start of a session; no model if absent. */
  readonly model?: () => AskedModel | undefined;
  /** Encoder of turns; the rules work alone if absent. */
  readonly scorer?: TurnScorer;
}

/** Minimum amount of new speech between two updates of the summary, so it does not flicker. */
const SUMMARY_EVERY_MS = 20_000;

/** One factory serves all sessions, which share the language model. */
export function createAnalyzerFactory(options: AnalyzerOptions = {}): AnalyzerFactory {
  const nlp = options.nlp ?? winkNlp();
  return {
    create: (context, restore) => {
      const model = context.model ?? options.model?.();
      return new SessionAnalyzer(
        nlp,
        new Summariser(),
        model && { queue: model, reader: new ModelReader(model, context) },
        options.scorer && new TurnDetector(options.scorer),
        context,
        restore,
      );
    },
  };
}

class SessionAnalyzer implements Analyzer {
  private readonly reader: ConversationReader;
  private readonly segments = new SegmentOrder();
  private readonly reconciler: InsightReconciler;
  private readonly discourse: Discourse;
  private readonly entities: EntityFinder;
  private readonly topicFinder: TopicFinder;
  private readonly names = new SpeakerNames();
  private readonly quotes = new QuotedLines();
  /** Last findings of the rules. */
  private found: readonly Finding[] = [];
  private lines: readonly Line[] = [];
  private entitiesFound: readonly Finding[] = [];
  private summary: readonly Finding[] = [];
  private topics: readonly Topic[] = [];
  private overview: Finding | undefined;
  /** Suggested names for unnamed speakers. */
  speakerNames: readonly SpeakerName[] = [];
  private spokenMs = 0;
  private summarisedMs = Number.NEGATIVE_INFINITY;

  constructor(
    nlp: Nlp,
    private readonly summariser: Summariser,
    private readonly writer:
      { readonly queue: AskedModel; readonly reader: ModelReader } | undefined,
    private readonly turns: TurnDetector | undefined,
    private readonly context: AnalysisContext,
    restore?: { segments: readonly SegmentText[]; insights: readonly Insight[] },
  ) {
    this.reader = new ConversationReader(nlp);
    this.discourse = new Discourse(this.reader.people);
    this.entities = new EntityFinder(this.reader.people);
    this.topicFinder = new TopicFinder(this.reader.people);
    this.reconciler = new InsightReconciler(restore?.insights ?? [], context.startedAt);
    for (const segment of restore?.segments ?? []) this.take(segment);
  }

  get insights(): readonly Insight[] {
    return this.reconciler.all;
  }

  update(segments: readonly SegmentText[]): readonly InsightChange[] {
    if (segments.length === 0) return [];
    for (const segment of segments) this.take(segment);
    return this.analyse(false);
  }

  finish(): readonly InsightChange[] {
    return this.segments.byId.size === 0 ? [] : this.analyse(true);
  }

  revise(
    insightId: string,
    change: { text?: string; owner?: string; status?: Insight['status'] },
  ): readonly InsightChange[] {
    const revised = this.reconciler.revise(insightId, change);
    return revised ? [revised] : [];
  }

  get detector(): DetectorPass | undefined {
    const { turns } = this;
    if (!turns) return undefined;
    return {
      due: turns.hasNew(this.segments.ordered),
      read: async (final, signal) => {
        await turns.read([...this.segments.ordered], final, signal);
        return this.publish();
      },
    };
  }

  get model(): ModelPass | undefined {
    const { writer } = this;
    if (!writer) return undefined;
    const { queue, reader } = writer;
    return {
      due: reader.hasNew(this.segments.ordered),
      read: async (final, signal, onProgress) => {
        const { asked, ...reading } = await reader.read([...this.segments.ordered], {
          final,
          signal,
          findings: this.united(),
          onProgress,
        });
        const { level } = queue;
        return {
          ...reading,
          changes: asked > 0 ? this.publish() : [],
          ...(level !== undefined && { level }),
        };
      },
    };
  }

  private take(segment: SegmentText): void {
    if (this.segments.take(segment)) this.spokenMs += Math.max(0, segment.endMs - segment.startMs);
    else this.quotes.forget();
  }

  private analyse(final: boolean): InsightChange[] {
    const lines = this.reader.read(this.segments.ordered);
    this.lines = lines;
    this.found = this.discourse.follow(lines);
    if (final || this.spokenMs - this.summarisedMs >= SUMMARY_EVERY_MS) {
      this.summarisedMs = this.spokenMs;
      const marked = new Set(
        this.found
          .filter(({ kind }) => kind === 'action' || kind === 'decision')
          .flatMap(({ evidence }) => evidence.map(sentenceKey)),
      );
      this.topics = this.topicFinder.find(lines);
      this.overview = overviewOf(
        this.topics,
        [...new Set(lines.map(({ speaker }) => speaker))],
        this.context.self,
      );
      this.speakerNames = this.names.suggest(lines, isNumbered);
      this.summary = final
        ? this.summariser.final(lines, marked, this.topics)
        : this.summariser.rolling(lines, marked);
    }
    this.entitiesFound = this.entities.find(lines);
    return this.publish();
  }

  /** Passes the findings of rules and model through the gate and reconciles them. */
  private publish(): InsightChange[] {
    const found = this.quotes.show(this.united(), this.lines);
    const { findings, summary } = this.writer?.reader.combine(
      found,
      this.summary,
      this.segments.byId,
    ) ?? { findings: found, summary: this.summary };
    const sentences = [...(this.overview ? [this.overview] : []), ...summary].map((sentence) =>
      placeSentence(sentence, this.topics),
    );
    const { passed } = evidenceGate(
      [...findings.map((finding) => this.nameSelf(finding)), ...this.entitiesFound, ...sentences],
      this.segments.byId,
    );
    return this.reconciler.reconcile(passed);
  }

  /** Findings of the rules, united with those of the encoder. */
  private united(): readonly Finding[] {
    return this.turns?.unite(this.found, this.lines, this.segments.ordered) ?? this.found;
  }

  /** "You" on the microphone is the user, by name if known. */
  private nameSelf(finding: Finding): Finding {
    const { self } = this.context;
    return self !== undefined && finding.owner !== undefined && /^you$/i.test(finding.owner)
      ? { ...finding, owner: self }
      : finding;
  }
}
