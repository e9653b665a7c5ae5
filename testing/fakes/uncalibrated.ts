/** A machine without a speed measurement. */
import type { EnginePoolSetup } from '../../daemon/asr/engine/enginePool';

export const UNCALIBRATED: EnginePoolSetup['calibrator'] = {
  calibrate: () => Promise.reject(new Error('This test measures nothing.')),
  dispose: () => undefined,
};
