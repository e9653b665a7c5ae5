/** The commands, without their `earmark.` prefix; package.json has the same list with titles and icons. */
export const COMMANDS = [
  'startMeeting', 'stopMeeting', 'pauseMeeting', 'resumeMeeting',
  'holdToTalk', 'toggleDictation', 'dictateToTerminal', 'dictateCommitMessage', 'cancelDictation',
  'openPanel', 'showStorage', 'showModels', 'openNote', 'playFromNote', 'toggleNoteItem', 'deriveFromNote',
  'renameSession', 'showSession', 'deleteSession', 'exportSession', 'searchSessions', 'groupHistory', 'refreshHistory',
  'selectMicrophone', 'selectSystemAudio', 'downloadModel', 'setRemoteToken', 'signIn', 'signOut', 'encryptionKey',
  'doctor', 'showLogs', 'openSettings', 'showMenu',
] as const;
export type CommandName = (typeof COMMANDS)[number];
