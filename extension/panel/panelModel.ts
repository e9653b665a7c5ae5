/**
 * Panel content of one session, built from the session's events in order. `apply` takes one event.
 * `takePatch` returns all changes since its last call, so many events make one message. The model
 * does not use `vscode`, so unit tests can load it.
 */
import type { SourceName } from '../../protocol/audio';
import type { Insight } from '../../protocol/insights';
import type { PanelNotice, PanelPartial, PanelSession, ToPanel } from '../../protocol/panel';
import type {
  SessionEvent,
  SessionInfo,
  SessionState,
  Speaker,
  WarningCode,
} from '../../protocol/session';
import type { Segment } from '../../protocol/transcript';
import { t } from '../l10n';
import { engineName, type HealthFacts, healthText } from './healthText';

export type PanelPatch = Extract<ToPanel, { type: 'patch' }>;
export type PanelLevels = Extract<ToPanel, { type: 'levels' }>['levels'];

/** Kinds of insight that the panel and the note show. Entities are shown in the editor. */
const CARD_KINDS: ReadonlySet<string> = new Set([
  'action',
  'decision',
  'risk',
  'question',
  'summary',
]);
/** Maximum number of notices. The oldest is dropped first. */
export const NOTICES_MAX = 20;
/** Level above which a source is no longer silent, in dBFS. */
const AUDIBLE_DB = -55;

/**
 * Speaker of a source until the daemon names one. The daemon uses the same names, so a partial and
 * its final agree.
 */
const SPEAKER_OF_SOURCE: Readonly<Record<SourceName, string>> = {
  mic: 'You',
  system: 'Others',
  file: 'Speaker',
};

type Warning = Extract<SessionEvent, { kind: 'warning' }>;

/** Button that helps with a warning; undefined if there is none. */
function actionFor(code: WarningCode): PanelNotice['action'] {
  switch (code) {
    case 'source.silent':
    case 'source.lost':
      return { label: t('Run Doctor'), command: 'doctor' };
    case 'note.unwritable':
    case 'language.foreign':
      return { label: t('Open Settings'), command: 'openSettings' };
    case 'engine.unavailable':
      return { label: t('Try Again'), command: 'retry' };
    default:
      return undefined;
  }
}

interface Dirty {
  segments: Map<string, Segment>;
  insights: Map<string, Insight>;
  removed: Set<string>;
  fields: Set<
    'partials' | 'state' | 'durationMs' | 'notices' | 'health' | 'title' | 'silent' | 'called'
  >;
}
const clean = (): Dirty => ({
  segments: new Map(),
  insights: new Map(),
  removed: new Set(),
  fields: new Set(),
});

export class PanelModel {
  private currentInfo: SessionInfo;
  private currentState: SessionState;
  private currentTitle: string;
  private reportedDurationMs: number;
  private readonly knownSeq: number;
  private readonly segments: Segment[] = [];
  private readonly index = new Map<string, Segment>();
  private readonly partials = new Map<SourceName, PanelPartial>();
  private readonly insights = new Map<string, Insight>();
  private readonly levels = new Map<SourceName, { rmsDb: number; speech: boolean }>();
  private readonly silentSources = new Set<SourceName>();
  /** Last speaker of each source, used for partials. */
  private readonly speakers = new Map<SourceName, string>();
  private readonly speakerIds = new Map<string, Speaker>();
  private notices: PanelNotice[] = [];
  private health: Pick<HealthFacts, 'rtf' | 'queueMs' | 'dropped' | 'degradationLevel'> = {
    rtf: 0,
    queueMs: 0,
    dropped: 0,
    degradationLevel: 'NORMAL',
  };
  private dirty = clean();
  private levelsDirty = false;

  constructor(info: SessionInfo) {
    this.currentInfo = info;
    this.currentState = info.state;
    this.currentTitle = info.title;
    this.reportedDurationMs = info.durationMs;
    this.knownSeq = info.lastSeq;
  }

  get id(): string {
    return this.currentInfo.id;
  }
  get state(): SessionState {
    return this.currentState;
  }
  get title(): string {
    return this.currentTitle;
  }
  /** Session time of the newest event, in milliseconds. */
  get durationMs(): number {
    return this.reportedDurationMs;
  }
  /**
   * Session time at `now`, in milliseconds. While the session streams, it advances between events.
   * @param now milliseconds since the epoch
   */
  elapsedMs(now: number): number {
    if (this.currentState !== 'STREAMING') return this.reportedDurationMs;
    return Math.max(this.reportedDurationMs, now - Date.parse(this.currentInfo.startedAt));
  }
  get info(): SessionInfo {
    return this.currentInfo;
  }
  get silent(): readonly SourceName[] {
    return [...this.silentSources];
  }

  /** Takes the session's data after a new attach. The state still comes from events only. */
  setInfo(info: SessionInfo): void {
    this.currentInfo = info;
    this.setTitle(info.title);
    this.touch('health');
  }

  setTitle(title: string): void {
    if (title === this.currentTitle) return;
    this.currentTitle = title;
    this.touch('title');
  }

  apply(event: SessionEvent): void {
    // An edit of an ended session comes at its own time, days later.
    if (this.currentState !== 'DONE' && event.time > this.reportedDurationMs) {
      this.reportedDurationMs = event.time;
      if (event.kind !== 'level') this.touch('durationMs');
    }
    switch (event.kind) {
      case 'state':
        // A replay repeats the events before the state that the attach returned.
        if (event.seq > this.knownSeq) this.setState(event.to);
        break;
      case 'final':
        this.putSegment(event.segment);
        this.closePartial(event.segment);
        break;
      case 'revision':
        this.putSegment(event.revision.segment);
        for (const segment of event.revision.added ?? []) this.putSegment(segment);
        break;
      case 'speaker':
        this.speakers.set(event.speaker.source, event.speaker.name);
        this.speakerIds.set(event.speaker.id, event.speaker);
        this.tellVoice(event.speaker);
        this.touch('called');
        break;
      case 'partial':
        this.partials.set(event.source, {
          source: event.source,
          phraseId: event.phraseId,
          speaker: this.speakerOf(event.source),
          startMs: event.startMs,
          stable: event.stable,
          unstable: event.unstable,
        });
        this.touch('partials');
        break;
      case 'level':
        this.levels.set(event.source, { rmsDb: event.rmsDb, speech: event.speech });
        this.levelsDirty = true;
        if (event.rmsDb > AUDIBLE_DB) this.noteAudio(event.source);
        // A level event proves that the recorder delivers audio, even if it is quiet.
        this.dismiss(noticeId('source.lost', event.source));
        break;
      case 'health':
        if (event.provider !== undefined && event.model !== undefined)
          this.currentInfo = {
            ...this.currentInfo,
            provider: event.provider,
            model: event.model,
          };
        this.health = {
          rtf: event.rtf,
          queueMs: event.queueMs,
          dropped: event.dropped,
          degradationLevel: event.degradationLevel,
        };
        this.touch('health');
        if (event.unwritten === true)
          this.notify({
            id: 'unwritten',
            severity: 'error',
            text: t(
              'Cannot write to disk. The meeting continues in memory. Free disk space to save it.',
            ),
          });
        else this.dismiss('unwritten');
        break;
      case 'warning':
        this.warn(event);
        break;
      case 'error':
        this.notify({
          id: `error:${event.code}`,
          severity: 'error',
          text: event.message,
          action: { label: t('Show Logs'), command: 'showLogs' },
        });
        break;
      default:
        this.putInsight(event.op, event.insight);
    }
  }

  /** Adds or replaces a notice. */
  notify(notice: PanelNotice): void {
    this.notices = [...this.notices.filter((n) => n.id !== notice.id), notice].slice(-NOTICES_MAX);
    this.touch('notices');
  }

  dismiss(id: string): void {
    const left = this.notices.filter((n) => n.id !== id);
    if (left.length === this.notices.length) return;
    this.notices = left;
    this.touch('notices');
  }

  dismissAll(): void {
    if (this.notices.length === 0) return;
    this.notices = [];
    this.touch('notices');
  }

  segment(id: string): Segment | undefined {
    return this.index.get(id);
  }

  view(): PanelSession {
    return {
      kind: 'session',
      id: this.id,
      title: this.currentTitle,
      state: this.currentState,
      startedAt: this.currentInfo.startedAt,
      durationMs: this.reportedDurationMs,
      sources: this.currentInfo.sources,
      silent: this.silent,
      called: this.called,
      segments: this.segments.map(forPage),
      partials: this.openPartials(),
      insights: [...this.insights.values()].sort(byTime),
      notices: this.notices,
      health: this.healthText(),
      playable: this.playable,
    };
  }

  /** True if the session has ended and its audio is kept. */
  get playable(): boolean {
    return (
      this.currentInfo.keptAudio === true &&
      (this.currentState === 'DONE' || this.currentState === 'FAILED')
    );
  }

  /** Distinct speaker names, in the order of their first segments. */
  get speakerNames(): string[] {
    return [...new Set(this.segments.map(({ speaker }) => speaker))];
  }

  /** Number of segments of a speaker. */
  partsOf(speaker: string): number {
    return this.segments.filter((segment) => segment.speaker === speaker).length;
  }

  speakerId(name: string, source: SourceName): string | undefined {
    const all = [...this.speakerIds.values()].filter((speaker) => speaker.name === name);
    return (all.find((speaker) => speaker.source === source) ?? all[0])?.id;
  }

  /** Label of an unnamed speaker → name that other speakers use for them. */
  get called(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.speakerIds.values()].flatMap(({ name, called }) =>
        called === undefined ? [] : [[name, called.name]],
      ),
    );
  }

  /** Name of the voiceprint that matched a speaker; undefined if none matched. */
  recognised(speakerId: string): string | undefined {
    return this.speakerIds.get(speakerId)?.recognised?.name;
  }

  /** All changes since the last call; undefined if there are none. */
  takePatch(): PanelPatch | undefined {
    const { segments, insights, removed, fields } = this.dirty;
    if (segments.size + insights.size + removed.size + fields.size === 0) return undefined;
    this.dirty = clean();
    return {
      type: 'patch',
      id: this.id,
      ...(segments.size > 0 ? { segments: [...segments.values()].map(forPage) } : {}),
      ...(insights.size > 0 ? { insights: [...insights.values()] } : {}),
      ...(removed.size > 0 ? { removedInsights: [...removed] } : {}),
      ...(fields.has('partials') ? { partials: this.openPartials() } : {}),
      ...(fields.has('state') ? { state: this.currentState } : {}),
      ...(fields.has('durationMs') ? { durationMs: this.reportedDurationMs } : {}),
      ...(fields.has('notices') ? { notices: this.notices } : {}),
      ...(fields.has('health') ? { health: this.healthText() } : {}),
      ...(fields.has('title') ? { title: this.currentTitle } : {}),
      ...(fields.has('silent') ? { silent: this.silent } : {}),
      ...(fields.has('called') ? { called: this.called } : {}),
    };
  }

  /** Latest levels of the sources; undefined if none arrived since the last call. */
  takeLevels(): PanelLevels | undefined {
    if (!this.levelsDirty) return undefined;
    this.levelsDirty = false;
    return [...this.levels].map(([source, level]) => ({ source, ...level }));
  }

  private touch(field: Dirty['fields'] extends Set<infer F> ? F : never): void {
    this.dirty.fields.add(field);
  }

  private setState(to: SessionState): void {
    this.currentState = to;
    this.touch('state');
    this.touch('durationMs');
    if (to === 'STREAMING' || to === 'STARTING') return;
    // No audio arrives in this state. Partials are obsolete, and a silent source is not a fault.
    if (to !== 'STOPPING' && this.partials.size > 0) {
      this.partials.clear();
      this.touch('partials');
    }
    for (const source of [...this.silentSources]) this.noteAudio(source);
  }

  private putSegment(segment: Segment): void {
    const known = this.index.get(segment.id);
    if (known !== undefined) this.segments.splice(this.segments.indexOf(known), 1);
    this.index.set(segment.id, segment);
    let at = this.segments.length;
    while (at > 0 && after(this.segments[at - 1], segment)) at -= 1;
    this.segments.splice(at, 0, segment);
    this.dirty.segments.set(segment.id, segment);
  }

  /** Removes the partial of the phrase that became this segment. */
  private closePartial(segment: Segment): void {
    const open = this.partials.get(segment.source);
    if (open === undefined || open.startMs >= segment.endMs) return;
    this.partials.delete(segment.source);
    this.touch('partials');
  }

  private putInsight(op: 'add' | 'update' | 'remove', insight: Insight): void {
    if (!CARD_KINDS.has(insight.kind)) return;
    if (op === 'remove') {
      this.insights.delete(insight.id);
      this.dirty.insights.delete(insight.id);
      this.dirty.removed.add(insight.id);
    } else {
      this.insights.set(insight.id, insight);
      this.dirty.insights.set(insight.id, insight);
      this.dirty.removed.delete(insight.id);
    }
  }

  /** Reports a matching voiceprint. The user can confirm or reject the match. */
  private tellVoice({ id, name, recognised }: Speaker): void {
    const notice = `voice:${id}`;
    if (recognised === undefined) return this.dismiss(notice);
    const percent = Math.round(100 * recognised.similarity);
    const known = name === recognised.name;
    const text = known
      ? t('{0} was recognised by voice ({1}% similarity).', name, percent)
      : t('The voice of “{0}” matches {1} ({2}% similarity).', name, recognised.name, percent);
    const action = known
      ? { label: t('Not {0}', name), command: 'notVoice' as const, argument: id }
      : { label: t('Rename to {0}', recognised.name), command: 'isVoice' as const, argument: id };
    this.notify({ id: notice, severity: 'info', text, action });
  }

  private warn(event: Warning): void {
    if (event.code === 'source.silent' && event.source !== undefined) {
      this.silentSources.add(event.source);
      this.touch('silent');
    }
    const action = actionFor(event.code);
    this.notify({
      id: noticeId(event.code, event.source),
      severity: event.code === 'recovered' || event.code === 'model.loading' ? 'info' : 'warning',
      text: event.message,
      ...(action === undefined ? {} : { action }),
    });
  }

  private noteAudio(source: SourceName): void {
    if (this.silentSources.delete(source)) this.touch('silent');
    this.dismiss(noticeId('source.silent', source));
  }

  private speakerOf(source: SourceName): string {
    return this.speakers.get(source) ?? SPEAKER_OF_SOURCE[source];
  }

  private openPartials(): PanelPartial[] {
    return [...this.partials.values()]
      .filter((p) => p.stable !== '' || p.unstable !== '')
      .sort((a, b) => a.startMs - b.startMs);
  }

  private healthText(): string {
    if (this.currentState === 'STARTING')
      return t('{0}, loading', engineName(this.currentInfo.provider, this.currentInfo.model));
    return healthText({
      provider: this.currentInfo.provider,
      model: this.currentInfo.model,
      ...this.health,
    });
  }
}

/** Removes word times. The page does not use them, and they are ten times as large as the text. */
const forPage = ({ words: _, ...segment }: Segment): Segment => segment;

const noticeId = (code: WarningCode, source: SourceName | undefined): string =>
  source === undefined ? code : `${code}:${source}`;

const firstMs = (insight: Insight): number => insight.evidence[0]?.startMs ?? 0;
const byTime = (a: Insight, b: Insight): number =>
  firstMs(a) - firstMs(b) || a.id.localeCompare(b.id);

const after = (a: Segment | undefined, b: Segment): boolean =>
  a !== undefined && (a.startMs > b.startMs || (a.startMs === b.startMs && a.endMs > b.endMs));
