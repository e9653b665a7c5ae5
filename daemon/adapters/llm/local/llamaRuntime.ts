/**
 * Runs one GGUF model with node-llama-cpp. Prompts are evaluated in short pieces, because the
 * library stops a computation only between two of them. Tokens that a prompt shares with the one
 * before are not computed again.
 */
import { createRequire } from 'node:module';
import {
  type ChatHistoryItem,
  type ChatWrapper,
  Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
  resolveChatWrapper,
} from 'node-llama-cpp';
import { EarmarkError } from '../../../../protocol/errors';
import type { ChatMessage } from '../../../insights/model/languageModel';
import { requireMemory } from '../../../models/memory';
import { freeMemory } from '../../system/freeMemory';
import { grammarSchema } from './grammarSchema';
import type { CompleteRequest, Completed, LoadRequest } from './messages';
import { isWholeJson } from './wholeJson';
import type { LanguageRuntime } from './workerMain';

/** Tokens of a piece; a piece that took long halves the next one. */
const MIN_PIECE = 16;
const MAX_PIECE = 64;
/** Time of one piece, so that a cancel takes effect well within a second. */
const PIECE_MS = 300;
/** The context grows in these steps, so that similar prompts share one. */
const CONTEXT_STEP = 2_048;
/** Prompts longer than this are refused; the largest part of a meeting has about 11,000 tokens. */
const MAX_CONTEXT = 32_768;
/** Tokens that an answer needs at least. */
const MIN_ANSWER = 1_000;
/** Part of a graphics card's memory that stays free, up to a limit; from node-llama-cpp. */
const VRAM_SHARE = 0.08;
const VRAM_BYTES = 1.6 * 2 ** 30;

interface Loaded {
  readonly id: string;
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly wrapper: ChatWrapper;
  readonly threads: number;
}

interface Open {
  readonly context: LlamaContext;
  readonly sequence: LlamaContextSequence;
}

export class LlamaRuntime implements LanguageRuntime {
  /** Computations so far. */
  steps = 0;
  private loaded: Loaded | undefined;
  private open: Open | undefined;
  private readonly grammars = new Map<string, Promise<LlamaGrammar>>();
  private piece = MIN_PIECE;

  /** @throws EarmarkError model.incompatible if the file is no model that this version runs */
  async load({ id, file, addon, threads, gpu }: LoadRequest): Promise<{ contextTokens: number }> {
    const llama = await openLlama(addon, gpu);
    try {
      // Without a memory map, the weights are in memory once; with one, twice.
      const model = await llama.loadModel({
        modelPath: file,
        useMmap: gpu,
        ...(gpu ? {} : { gpuLayers: 0 }),
      });
      const wrapper = resolveChatWrapper(model);
      this.loaded = { id, llama, model, wrapper, threads };
      return { contextTokens: Math.min(model.trainContextSize, MAX_CONTEXT) };
    } catch (error) {
      throw new EarmarkError(
        'model.incompatible',
        'The file of the language model cannot be loaded. It is damaged, or of a kind that this version does not run; pull or add the model again.',
        { cause: error },
      );
    }
  }

  async complete(
    { messages, schema, maxTokens }: CompleteRequest,
    signal: AbortSignal,
  ): Promise<Completed> {
    const { llama, model } = this.require();
    const tokens = this.prompt(messages);
    const grammar = await this.grammar(llama, schema);
    const begun = performance.now();
    const { sequence, reused, room } = await this.evaluate(tokens, maxTokens, signal);
    const read = performance.now();
    const output: Token[] = [];
    let text = '';
    const state = new LlamaGrammarEvaluationState({ model, grammar });
    const options = { temperature: 0, grammarEvaluationState: state };
    for await (const token of sequence.evaluate(tokens.slice(-1), options)) {
      this.steps++;
      signal.throwIfAborted();
      output.push(token);
      text = model.detokenize(output);
      if (output.length >= room || isWholeJson(text)) break;
    }
    return {
      text,
      input: tokens.length,
      reused,
      output: output.length,
      promptMs: read - begun,
      generateMs: performance.now() - read,
    };
  }

  private require(): Loaded {
    if (!this.loaded)
      throw new EarmarkError('engine.unavailable', 'The language model is not loaded; try again.');
    return this.loaded;
  }

  private prompt(messages: readonly ChatMessage[]): Token[] {
    const { model, wrapper } = this.require();
    return wrapper
      .generateContextState({ chatHistory: historyOf(messages) })
      .contextText.tokenize(model.tokenizer);
  }

  private grammar(llama: Llama, schema: object): Promise<LlamaGrammar> {
    const key = JSON.stringify(schema);
    const made =
      this.grammars.get(key) ?? llama.createGrammarForJsonSchema(grammarSchema(schema) as never);
    this.grammars.set(key, made);
    return made;
  }

  /** Evaluates all tokens but the last one. */
  private async evaluate(
    tokens: readonly Token[],
    maxTokens: number,
    signal: AbortSignal,
  ): Promise<{
    readonly sequence: LlamaContextSequence;
    readonly reused: number;
    /** Tokens that the answer may have. */
    readonly room: number;
  }> {
    const room = this.roomFor(tokens.length, maxTokens);
    const { sequence } = await this.contextFor(tokens.length + room);
    const last = tokens.length - 1;
    const known = sequence.contextTokens;
    let reused = 0;
    while (reused < last && reused < known.length && known[reused] === tokens[reused]) reused++;
    if (known.length > reused)
      await sequence.eraseContextTokenRanges([{ start: reused, end: known.length }]);
    for (let at = reused; at < last;) {
      signal.throwIfAborted();
      const next = tokens.slice(at, Math.min(last, at + this.piece));
      const begun = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(next);
      const slow = performance.now() - begun > PIECE_MS;
      this.piece = Math.min(MAX_PIECE, Math.max(MIN_PIECE, slow ? this.piece / 2 : this.piece * 2));
      at += next.length;
      this.steps++;
    }
    signal.throwIfAborted();
    return { sequence, reused, room };
  }

  /** @throws EarmarkError engine.refused if the model cannot read that much */
  private roomFor(tokens: number, maxTokens: number): number {
    const most = Math.min(this.require().model.trainContextSize, MAX_CONTEXT);
    const room = Math.min(maxTokens, most - tokens - 1);
    if (room >= Math.min(maxTokens, MIN_ANSWER)) return room;
    throw new EarmarkError(
      'engine.refused',
      `The language model reads at most ${most} tokens at a time, and this part has ${tokens}. Choose a model with a larger context.`,
    );
  }

  /** @throws EarmarkError engine.unavailable if the memory is not enough */
  private async contextFor(tokens: number): Promise<Open> {
    const { id, model, threads } = this.require();
    const size = Math.ceil((tokens + 1) / CONTEXT_STEP) * CONTEXT_STEP;
    const most = Math.min(model.trainContextSize, MAX_CONTEXT);
    if (this.open && this.open.context.contextSize >= tokens) return this.open;
    await this.open?.context.dispose();
    this.open = undefined;
    const contextSize = Math.min(size, most);
    const { cpuRam } = model.fileInsights.estimateContextResourceRequirements({
      contextSize,
      modelGpuLayers: model.gpuLayers,
      batchSize: MAX_PIECE,
      sequences: 1,
    });
    requireMemory(id, cpuRam, (await freeMemory()) ?? Infinity);
    const context = await model.createContext({
      contextSize,
      threads,
      batchSize: MAX_PIECE,
      sequences: 1,
    });
    this.open = { context, sequence: context.getSequence() };
    return this.open;
  }
}

/** The first system messages become one: most chat templates know only one. */
function historyOf(messages: readonly ChatMessage[]): ChatHistoryItem[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  return [
    ...(system.length > 0 ? [{ type: 'system' as const, text: system.join('\n\n') }] : []),
    ...messages.flatMap(({ role, content }): ChatHistoryItem[] =>
      role === 'user'
        ? [{ type: 'user', text: content }]
        : role === 'assistant'
          ? [{ type: 'model', response: [content] }]
          : [],
    ),
    { type: 'model', response: [] },
  ];
}

/** The part of node-llama-cpp that opens given binaries, without its search and its downloads. */
interface LlamaFactory {
  _create(options: {
    readonly bindings: unknown;
    readonly bindingPath: string;
    readonly buildType: 'prebuilt';
    readonly buildMetadata: {
      readonly buildOptions: {
        readonly customCmakeOptions: ReadonlyMap<string, string>;
        readonly llamaCpp: { readonly repo: string; readonly release: string };
        readonly gpu: 'metal' | false;
      };
    };
    readonly logLevel: LlamaLogLevel;
    readonly logger: () => void;
    readonly vramPadding: (total: number) => number;
    readonly ramPadding: number;
    readonly debug: false;
    readonly numa: false;
    readonly tempDir: false;
  }): Promise<Llama>;
}

async function openLlama(addon: string, gpu: boolean): Promise<Llama> {
  try {
    return await (Llama as unknown as LlamaFactory)._create({
      bindings: createRequire(addon)(addon) as unknown,
      bindingPath: addon,
      buildType: 'prebuilt',
      buildMetadata: {
        buildOptions: {
          customCmakeOptions: new Map(),
          llamaCpp: { repo: '', release: '' },
          gpu: gpu ? 'metal' : false,
        },
      },
      // The library's lines may quote the prompt.
      logLevel: LlamaLogLevel.disabled,
      logger: () => undefined,
      vramPadding: (total) => Math.min(VRAM_SHARE * total, VRAM_BYTES),
      ramPadding: 0,
      debug: false,
      numa: false,
      tempDir: false,
    });
  } catch (error) {
    throw new EarmarkError(
      'engine.unavailable',
      'The program for language models does not start on this computer. Pull the model "language-runner" again, or use a server.',
      { cause: error },
    );
  }
}
