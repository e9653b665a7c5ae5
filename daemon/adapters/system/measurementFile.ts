/** Measurements in files of the state folder. The readers validate their content. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MeasurementFile {
  /** Undefined if there is no readable file. */
  read(): unknown;
  write(value: object): void;
}

export function measurementFile(home: string, name: string): MeasurementFile {
  const file = join(home, name);
  return {
    read: () => {
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as unknown;
      } catch {
        return undefined;
      }
    },
    write: (value) => {
      writeFileSync(`${file}.part`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
      renameSync(`${file}.part`, file);
    },
  };
}
