// Loaded into every Node process of the test host by NODE_OPTIONS: starts counting coverage in the extension host
// before it loads any extension. A helper extension alone would be too late for views that are shown at once.
import { startCoverage } from './coverage';

if (process.env.VSCODE_ESM_ENTRYPOINT?.endsWith('/extensionHostProcess')) {
  // What the extension starts, the daemon for one, is not part of the host.
  delete process.env.NODE_OPTIONS;
  startCoverage();
}
