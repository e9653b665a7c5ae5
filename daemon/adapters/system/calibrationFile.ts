/** `calibration.json` of the state folder. The reader validates its content. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CalibratorSetup } from '../../models/calibration';

export function calibrationFile(home: string): CalibratorSetup['keep'] {
  const file = join(home, 'calibration.json');
  return {
    read: () => {
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as unknown;
      } catch {
        return undefined;
      }
    },
    write: (calibration) => {
      writeFileSync(`${file}.part`, `${JSON.stringify(calibration)}\n`, { mode: 0o600 });
      renameSync(`${file}.part`, file);
    },
  };
}
