/** Levels of speech, RMS of 16-bit samples, at which quiet recordings and sources are raised. */

/** Target level: -26 dBFS, as in telephony (ITU-T P.56). */
export const TARGET_RMS = 1_642;
/** Speech above this level is loud enough: -38 dBFS. */
export const LOUD_RMS = 412;
