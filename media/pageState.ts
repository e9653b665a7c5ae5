/** State of the page, built from the extension's messages. Segments are ordered by time. Pure. */
import type { Insight } from '../protocol/insights';
import type { PanelSession, PanelView, PanelWriting, ToPanel } from '../protocol/panel';
import type { Segment } from '../protocol/transcript';

export type AudioLevels = Extract<ToPanel, { type: 'levels' }>['levels'];

export interface PageState {
  /** Undefined until the extension answers. */
  readonly view: PanelView | undefined;
  readonly levels: AudioLevels;
  /** New segments of the last message, for the screen reader. */
  readonly news: readonly Segment[];
  /** Time of the view's `durationMs`, in the page's clock. */
  readonly clockAt: number;
  /** Notes of the shown session by a language model. */
  readonly writing?: PanelWriting | undefined;
}

export const EMPTY: PageState = { view: undefined, levels: [], news: [], clockAt: 0 };

/** @param now milliseconds of any steady clock */
export function reduce(state: PageState, message: ToPanel, now: number): PageState {
  switch (message.type) {
    case 'view':
      return { view: message.view, levels: [], news: [], clockAt: now };
    case 'levels':
      return { ...state, levels: message.levels, news: [] };
    case 'writing':
      return state.view?.kind === 'session' && state.view.id === message.id
        ? { ...state, writing: message.writing, news: [] }
        : state;
    case 'reveal':
    case 'audio':
      return state;
    case 'patch':
      return withPatch(state, message, now);
  }
}

function withPatch(
  state: PageState,
  patch: Extract<ToPanel, { type: 'patch' }>,
  now: number,
): PageState {
  const { view } = state;
  if (view?.kind !== 'session' || view.id !== patch.id) return { ...state, news: [] };
  const known = new Set(patch.segments === undefined ? [] : view.segments.map((s) => s.id));
  return {
    ...state,
    view: patched(view, patch),
    news: (patch.segments ?? []).filter((s) => !known.has(s.id)),
    clockAt: patch.durationMs === undefined ? state.clockAt : now,
  };
}

function patched(view: PanelSession, patch: Extract<ToPanel, { type: 'patch' }>): PanelSession {
  const { type: _, id: __, segments, insights, removedInsights, ...rest } = patch;
  return {
    ...view,
    ...rest,
    segments: segments === undefined ? view.segments : mergeSegments(view.segments, segments),
    insights:
      insights === undefined && removedInsights === undefined
        ? view.insights
        : mergeInsights(view.insights, insights ?? [], removedInsights ?? []),
  };
}

const later = (a: Segment, b: Segment): number => a.startMs - b.startMs || a.endMs - b.endMs;

function mergeSegments(all: readonly Segment[], changed: readonly Segment[]): Segment[] {
  const ids = new Set(changed.map((s) => s.id));
  const last = all.at(-1);
  // New segments nearly always belong at the end, so no sorting is needed.
  const kept = all.some((s) => ids.has(s.id)) ? all.filter((s) => !ids.has(s.id)) : all;
  const added = [...changed].sort(later);
  if (last === undefined || (added[0] !== undefined && kept === all && later(last, added[0]) <= 0))
    return [...kept, ...added];
  return [...kept, ...added].sort(later);
}

const firstMs = (insight: Insight): number => insight.evidence[0]?.startMs ?? 0;

function mergeInsights(
  all: readonly Insight[],
  changed: readonly Insight[],
  removed: readonly string[],
): Insight[] {
  const gone = new Set([...removed, ...changed.map((i) => i.id)]);
  return [...all.filter((i) => !gone.has(i.id)), ...changed].sort(
    (a, b) => firstMs(a) - firstMs(b) || a.id.localeCompare(b.id),
  );
}
