/** Load of this machine besides recognition. */

/** Machine load that degradation considers, 0–1; undefined if unknown. */
export interface MachineLoad {
  readonly freeMemory?: number | undefined;
  readonly battery?: number | undefined;
}

/** Share of free memory on this machine below which memory is tight. */
const TIGHT_MEMORY = 0.05;

/** Too little memory for a second model. */
export function tight({ freeMemory }: MachineLoad): boolean {
  return freeMemory !== undefined && freeMemory <= TIGHT_MEMORY;
}
