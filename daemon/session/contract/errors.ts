/** Errors about parts of a session that are no longer there. */
import { EarmarkError } from '../../../protocol/errors';

/** No session has this id, or the caller has no access to it. */
export function noSuchSession(): EarmarkError {
  return new EarmarkError(
    'session.notFound',
    'There is no such session; list the sessions and choose one of them.',
  );
}

/** Another client merged the speaker. */
export function speakerGone(): EarmarkError {
  return new EarmarkError('speaker.notFound', 'This speaker no longer exists; reload the session.');
}

/** The insight was merged or removed. */
export function insightGone(): EarmarkError {
  return new EarmarkError(
    'insight.notFound',
    'This card no longer exists. The list is being updated.',
  );
}
