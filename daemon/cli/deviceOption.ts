/** `--device` of the commands that recognise speech. */
import { Option } from 'commander';

export function deviceOption(): Option {
  return new Option(
    '--device <D>',
    'device that runs the model; default: chosen for this machine',
  ).choices(['auto', 'cpu', 'gpu']);
}
