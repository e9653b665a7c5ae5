/** A machine that is never measured. */
import type { EnginePoolSetup } from '../../daemon/asr/enginePool';

export const UNCALIBRATED: EnginePoolSetup['calibrator'] = {
  calibrate: () => Promise.reject(new Error('This test measures nothing.')),
  dispose: () => undefined,
};
