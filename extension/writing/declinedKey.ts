/** Global state: true after the user's "Not Now". Ended meetings then show no offer. */
export const DECLINED_KEY = 'writing.declined';
