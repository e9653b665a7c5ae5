/**
 * Recommends a model for dictation and one for meetings: those of this machine's tier that recognise
 * the user's language, fit into the free memory and are fast enough. Says what each brings, from
 * published word error rates. Pure.
 */
import { speaksLanguage } from './engineChoice';
import type { EngineTarget } from '../contract/machineChoice';
import type { ModelView } from '../../models/api';
import type { Calibration } from '../contract/machineChoice';
import { PUBLISHED_ERRORS, PUBLISHED_SOURCE } from '../../models/publishedErrors';
import {
  type ExpectedSpeed,
  PURPOSES,
  type Purpose,
  expectedSpeed,
  isFastEnough,
  orderFor,
} from './purposes';

/** Share of the errors that a better model avoids, as people say it. */
const FEWER = ['fifth', 'quarter', 'third', 'half', 'twoThirds'] as const;

/** Benefit of a model for a purpose, compared with the model that Earmark would use without it. */
export type Gain =
  | {
      readonly kind: 'errors';
      readonly purpose: Purpose;
      /** Avoided share of the errors, rounded to one of FEWER. */
      readonly fewer: (typeof FEWER)[number];
      /** Published word errors in percent, and those of the other model. */
      readonly errors: number;
      readonly insteadOf: number;
      readonly otherModel: string;
      readonly test: string;
      readonly source: string;
    }
  /** No installed model recognises the language. */
  | { readonly kind: 'language'; readonly purpose: Purpose; readonly language: string };

export interface Recommendation {
  readonly purpose: Purpose;
  readonly target: EngineTarget;
  readonly model: ModelView;
  /** Absent on a GPU: nothing is known there before a measured decode. */
  readonly speed?: ExpectedSpeed;
  /** For every purpose; empty if it is installed or brings nothing that was published. */
  readonly gains: readonly Gain[];
}

export interface RecommendSetup {
  /** Models of this machine's tier, best first. */
  readonly targets: readonly EngineTarget[];
  readonly calibration?: Calibration | undefined;
  /** Free memory in bytes; undefined if the system gives no value. */
  readonly freeBytes?: number | undefined;
  readonly models: readonly ModelView[];
  /** BCP 47. */
  readonly language: string;
}

/** Memory left to other programs beside a recommended model, bytes. */
const LEFT_BYTES = 500_000_000;
/** Smallest avoided share of the errors for each of FEWER. */
const SHARES = { fifth: 0.18, quarter: 0.23, third: 0.29, half: 0.45, twoThirds: 0.62 } as const;
const TESTS = {
  dictation: { errors: 'read', test: 'LibriSpeech test-clean' },
  meeting: { errors: 'meetings', test: 'AMI' },
} as const;

/** @returns for dictation, then for meetings; nothing for a purpose without a suitable model */
export function recommend(setup: RecommendSetup): readonly Recommendation[] {
  return PURPOSES.flatMap((purpose) => {
    const { targets, calibration } = setup;
    const target = orderFor(purpose, targets, calibration).find((one) =>
      isSuitable(setup, purpose, one),
    );
    const model = target && modelOf(setup, target);
    if (!target || !model) return [];
    const speed = target.device === 'gpu' ? undefined : expectedSpeed(calibration, model.id);
    return [{ purpose, target, model, gains: gainsOf(setup, target), ...(speed ? { speed } : {}) }];
  });
}

function isSuitable(setup: RecommendSetup, purpose: Purpose, target: EngineTarget): boolean {
  const model = modelOf(setup, target);
  if (!model || model.experimental || !speaksLanguage(model.languages, setup.language))
    return false;
  if (!isFastEnough(target, setup.calibration)) return false;
  if (isInstalled(model)) return true;
  const { freeBytes = Infinity } = setup;
  return (
    model.origin === 'download' &&
    (model.residentBytes ?? 0) + LEFT_BYTES <= freeBytes &&
    gainsOf(setup, target).some((gain) => gain.purpose === purpose)
  );
}

function gainsOf(setup: RecommendSetup, target: EngineTarget): readonly Gain[] {
  const model = modelOf(setup, target);
  if (!model || isInstalled(model)) return [];
  return PURPOSES.flatMap((purpose) => gainFor(setup, purpose, target));
}

/** Nothing if Earmark would use another model for this purpose all the same. */
function gainFor(setup: RecommendSetup, purpose: Purpose, target: EngineTarget): readonly Gain[] {
  const { language, calibration } = setup;
  const ordered = orderFor(purpose, setup.targets, calibration);
  const current = ordered.find((one) => {
    const other = modelOf(setup, one);
    return other && isInstalled(other) && speaksLanguage(other.languages, language);
  });
  if (!current) return [{ kind: 'language', purpose, language }];
  const { errors: of, test } = TESTS[purpose];
  const [errors, insteadOf] = [target, current].map((one) => PUBLISHED_ERRORS[one.model]?.[of]);
  if (errors === undefined || insteadOf === undefined) return [];
  const share = 1 - errors / insteadOf;
  const fewer = FEWER.filter((name) => share >= SHARES[name]).at(-1);
  if (fewer === undefined || ordered.indexOf(target) > ordered.indexOf(current)) return [];
  return [
    {
      kind: 'errors',
      purpose,
      fewer,
      errors,
      insteadOf,
      otherModel: current.model,
      test,
      source: PUBLISHED_SOURCE,
    },
  ];
}

function modelOf({ models }: RecommendSetup, { model }: EngineTarget): ModelView | undefined {
  return models.find(({ id, kind }) => id === model && kind === 'asr');
}

function isInstalled({ status }: ModelView): boolean {
  return status.state === 'installed';
}
