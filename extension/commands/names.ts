/** The commands, without their `earmark.` prefix; package.json has the same list with titles and icons. */
export const COMMANDS = [
  'startMeeting', 'stopMeeting', 'pauseMeeting', 'resumeMeeting',
  'holdToTalk', 'toggleDictation', 'cancelDictation',
  'openPanel', 'openNote', 'renameSession', 'showSession', 'deleteSession',
  'selectMicrophone', 'selectSystemAudio', 'downloadModel', 'setRemoteToken',
  'doctor', 'showLogs', 'openSettings', 'showMenu',
] as const;
export type CommandName = (typeof COMMANDS)[number];
