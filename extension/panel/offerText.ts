/** Text of the offer of a model: what it brings, its languages, licence and expected speed. */
import type { ModelGain, ModelRecommendation } from '../../protocol/models';
import type { PanelOffer } from '../../protocol/panel';
import { t } from '../l10n';
import { engineName, times } from './healthText';

/** More languages than these are counted. */
const NAMED_LANGUAGES = 3;

/** @param locale of the editor, for the names of languages */
export function offerOf(
  { model, speed, gains }: ModelRecommendation,
  locale: string,
): Omit<PanelOffer, 'progress' | 'problem'> {
  return {
    modelId: model.id,
    name: modelName(model),
    benefits: gains
      .map((gain) => gainText(gain, locale))
      .filter((text, i, all) => all.indexOf(text) === i),
    ...basisOf(gains),
    bytes: model.bytes,
    facts: [
      languagesText(model.languages, locale),
      t('Licence {0}', model.licence),
      ...(speed === undefined
        ? []
        : [t('Expected: {0}× faster than real time', times(1 / speed.rtf))]),
    ],
    ...(model.notice === undefined ? {} : { notice: model.notice }),
  };
}

export function modelName({ name, provider, id }: ModelRecommendation['model']): string {
  // The precision is a detail of the download.
  return name?.replace(/, \d+-bit$/, '') ?? engineName(provider, id);
}

function gainText(gain: ModelGain, locale: string): string {
  return gain.kind === 'language'
    ? t('Recognises {0}; no installed model does', languageName(gain.language, locale))
    : fewerText(gain);
}

function basisOf(gains: readonly ModelGain[]): Pick<PanelOffer, 'basis'> {
  const gain = gains.find((one) => one.kind === 'errors');
  if (gain === undefined) return {};
  const other = engineName(gain.otherModel.split('-')[0] ?? '', gain.otherModel);
  return { basis: t('Published results, compared with {0}.', other) };
}

function fewerText({ fewer, purpose }: Extract<ModelGain, { kind: 'errors' }>): string {
  const inDictation = purpose === 'dictation';
  switch (fewer) {
    case 'fifth':
      return inDictation
        ? t('About a fifth fewer errors in dictation')
        : t('About a fifth fewer errors in meetings');
    case 'quarter':
      return inDictation
        ? t('About a quarter fewer errors in dictation')
        : t('About a quarter fewer errors in meetings');
    case 'third':
      return inDictation
        ? t('About a third fewer errors in dictation')
        : t('About a third fewer errors in meetings');
    case 'half':
      return inDictation
        ? t('About half the errors in dictation')
        : t('About half the errors in meetings');
    case 'twoThirds':
      return inDictation
        ? t('About a third of the errors in dictation')
        : t('About a third of the errors in meetings');
  }
}

function languagesText(languages: readonly string[], locale: string): string {
  if (languages.includes('*')) return t('Multilingual');
  if (languages.length > NAMED_LANGUAGES) return t('{0} languages', languages.length);
  return languages.map((tag) => languageName(tag, locale)).join(', ');
}

function languageName(tag: string, locale: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
