/** Messages between the daemon and the process that runs a local language model. */
import type { ErrorCode } from '../../../../protocol/errors';
import type { ChatMessage } from '../../../insights/model/languageModel';

export interface LoadRequest {
  /** Id of the model, for messages to the user. */
  readonly id: string;
  /** Absolute path of the GGUF file. */
  readonly file: string;
  /** Absolute path of the runner's file that Node loads. */
  readonly addon: string;
  /** Threads of one computation. */
  readonly threads: number;
  /** True if the runner's binaries use the graphics card. */
  readonly gpu: boolean;
}

export interface CompleteRequest {
  readonly messages: readonly ChatMessage[];
  /** JSON schema that the answer keeps. */
  readonly schema: object;
  /** Limit of generated tokens. */
  readonly maxTokens: number;
}

export interface Completed {
  readonly text: string;
  /** Tokens of the prompt. */
  readonly input: number;
  /** Tokens of the prompt that the request before had too, so that they cost nothing. */
  readonly reused: number;
  /** Generated tokens. */
  readonly output: number;
  readonly promptMs: number;
  readonly generateMs: number;
}

export interface LanguageCalls {
  readonly load: {
    readonly params: LoadRequest;
    readonly result: { readonly contextTokens: number };
  };
  readonly complete: { readonly params: CompleteRequest; readonly result: Completed };
}

export type LanguageMethod = keyof LanguageCalls;

export type ToLanguage =
  | {
      readonly [M in LanguageMethod]: {
        readonly kind: 'call';
        readonly id: number;
        readonly method: M;
        readonly params: LanguageCalls[M]['params'];
      };
    }[LanguageMethod]
  | { readonly kind: 'cancel'; readonly id: number };

export type FromLanguage =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
    }
  /** `steps` counts computations, so that a process that computes nothing is noticed. */
  | { readonly kind: 'heartbeat'; readonly rssBytes: number; readonly steps: number };

export const LANGUAGE_HEARTBEAT_MS = 1_000;
