/** Words of the panel and the picker about models that write notes. Pure. */
import type { ModelLevel } from '../../protocol/languageModel';
import { t } from '../l10n';
import type { LocalModel, Written } from './host';

/** What a model does, by its result in the exam. */
export function levelText(level: ModelLevel | undefined): string {
  switch (level) {
    case 'strong':
      return t('Writes whole notes.');
    case 'middle':
      return t('Shortens single items.');
    case 'none':
      return t('Not used: it did not pass the five questions.');
    case undefined:
      return t('Answers five test questions first.');
  }
}

export function gigabytes(bytes: number): string {
  return t('{0} GB', (bytes / 1e9).toFixed(1));
}

/** What a local model needs and takes. */
export function localText({ residentBytes, minutes }: LocalModel): string {
  return t(
    'The transcript stays on this computer. Needs {0} of memory and about {1} minutes for half an hour of talk.',
    gigabytes(residentBytes),
    minutes,
  );
}

export function costText({
  requests,
  inputTokens,
  outputTokens,
  estimated,
}: Pick<Written, 'requests' | 'inputTokens' | 'outputTokens' | 'estimated'>): string {
  const tokens = (inputTokens + outputTokens).toLocaleString('en');
  const sent = requests === 1 ? t('1 request') : t('{0} requests', requests);
  return estimated
    ? t('{0}, about {1} tokens.', sent, tokens)
    : t('{0}, {1} tokens.', sent, tokens);
}
