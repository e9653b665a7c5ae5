/**
 * Workspace memory key of the running session's id. The window uses it to find the session after a
 * reload. The value is an id, never spoken text.
 */
export const RUNNING_KEY = 'runningSession';
