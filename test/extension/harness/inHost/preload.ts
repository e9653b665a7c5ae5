// Loaded into every process that VS Code's server starts, by TEST_PRELOAD: starts counting coverage in
// the extension host before it loads any extension. A helper extension alone would be too late for
// views that are shown at once.
import { startCoverage } from './coverage';

if (process.env.VSCODE_ESM_ENTRYPOINT?.endsWith('/extensionHostProcess')) {
  // What the extension starts, the daemon for one, does not load this but counts and saves by
  // Node's own means.
  delete process.env.TEST_PRELOAD;
  process.env.NODE_V8_COVERAGE = process.env.EARMARK_TEST_COVERAGE;
  startCoverage();
}
