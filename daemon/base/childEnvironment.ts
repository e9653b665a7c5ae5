/**
 * Environment of the programs and workers that the daemon starts. The daemon's own environment
 * contains keys and passwords; a child receives only the variables of this list.
 */

type Env = Readonly<Record<string, string | undefined>>;

/** In capitals: Windows ignores case. */
const NAMES = new Set(
  [
    // Places of programs, libraries, folders and temporary files.
    'PATH PATHEXT HOME USER LOGNAME SHELL TMPDIR TEMP TMP TZ PWD LD_LIBRARY_PATH DYLD_LIBRARY_PATH',
    // The same on Windows.
    'SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC USERPROFILE HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA',
    'PROGRAMDATA PROGRAMFILES PROGRAMFILES(X86) USERNAME NUMBER_OF_PROCESSORS OS',
    // Language.
    'LANG LANGUAGE',
    // Audio servers, devices and the desktop's keychain.
    'DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS AUDIODEV AUDIODRIVER',
    // Node and Electron; coverage of the tests.
    'ELECTRON_RUN_AS_NODE NODE_V8_COVERAGE EARMARK_TEST_RUN',
    // Switches of Earmark's own workers and of the loader of its sources.
    'EARMARK_ORT EARMARK_SQLITE TSX_TSCONFIG_PATH',
    // Processors and graphics cards.
    'CUDA_PATH CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES VK_ICD_FILENAMES',
    'VK_DRIVER_FILES',
  ].flatMap((names) => names.split(' ')),
);

/** Prefixes of names; each covers only settings and paths. */
const FAMILIES = /^(?:LC|XDG|PULSE|PIPEWIRE|ALSA|JACK|MALLOC|OMP|GGML|PROCESSOR)_[A-Z0-9_]+$/;

/** Names of secrets, which are never passed on, even with a listed prefix. */
const SECRET = /(?:KEY|TOKEN|SECRET|PASSW)/;

/** @param extra additional variables of this child, passed on unchanged */
export function childEnvironment(env: Env, extra: Env = {}): Record<string, string> {
  const passed = Object.entries({
    ...Object.fromEntries(Object.entries(env).filter(([name]) => isAllowed(name.toUpperCase()))),
    ...extra,
  });
  return Object.fromEntries(
    passed.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function isAllowed(name: string): boolean {
  return NAMES.has(name) || (FAMILIES.test(name) && !SECRET.test(name));
}
