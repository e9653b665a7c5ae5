/**
 * Name of the running session's id in the workspace's memory, to find it again after a reload. An
 * id, never words.
 */
export const RUNNING_KEY = 'runningSession';
