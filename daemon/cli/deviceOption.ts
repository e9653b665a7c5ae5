/** `--device` of the commands that recognise speech. */
import { Option } from 'commander';

export function deviceOption(): Option {
  return new Option(
    '--device <D>',
    'where the model runs; chosen for this machine when absent',
  ).choices(['auto', 'cpu', 'gpu']);
}
