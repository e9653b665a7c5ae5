/** Folders whose files nobody names in speech, as a glob. */
export const EXCLUDED = '**/{node_modules,.git,dist,out,build,target,vendor,.venv}/**';
