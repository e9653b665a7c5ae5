/** Entry of the thread that analyses one transcript. Started by the daemon, never by hand. */
import { runAnalysisThread } from './adapters/analysis/analysisThreadMain';

runAnalysisThread();
