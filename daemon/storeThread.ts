/** Entry of the thread that has the database open. Started by the daemon, never by hand. */
import { runStoreThread } from './adapters/store/storeThreadMain';

runStoreThread();
