/** Free memory and battery of this machine, for degradation: reads the battery once a minute. */
import { freemem, totalmem } from 'node:os';
import type { MachineLoad } from '../../asr/choice/machineLoad';
import type { Clock } from '../../base/clock';
import { type ProbeTools, readBattery, systemTools } from './probeSystem';

const BATTERY_MS = 60_000;

export function machineLoad(clock: Clock, tools: ProbeTools = systemTools): () => MachineLoad {
  let battery: number | undefined;
  let lookedMs = -Infinity;
  return () => {
    if (clock.now() - lookedMs >= BATTERY_MS) {
      lookedMs = clock.now();
      readBattery(tools).then(
        (found) => (battery = found?.discharging ? found.charge : undefined),
        () => (battery = undefined),
      );
    }
    // macOS counts reclaimable memory as used.
    return {
      battery,
      freeMemory: tools.platform === 'darwin' ? undefined : freemem() / totalmem(),
    };
  };
}
