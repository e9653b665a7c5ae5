/**
 * Windows, not proven on Windows. The system notes in the registry when a program opens and closes
 * the microphone; a program without a closing time records now. One PowerShell waits for changes
 * with RegNotifyChangeKeyValue and writes a JSON array of key names a line.
 */
import { z } from 'zod';
import { findProgram } from '../programs';
import { runLong } from './longProgram';
import { type MicrophoneStream, plainName, type SystemModule } from './systemModule';

const KEY =
  'Software\\Microsoft\\Windows\\CurrentVersion\\CapabilityAccessManager\\ConsentStore\\microphone';

/** 5: changes of names and of values, in all keys below. */
const SCRIPT = `
Add-Type -Namespace Earmark -Name Registry -MemberDefinition '[DllImport("advapi32.dll")] public static extern int RegNotifyChangeKeyValue(Microsoft.Win32.SafeHandles.SafeRegistryHandle key, bool below, int filter, System.IntPtr signal, bool later);'
$key = [Microsoft.Win32.Registry]::CurrentUser.OpenSubKey('${KEY}')
if ($key -eq $null) { exit 1 }
while ($true) {
  $names = @(Get-ChildItem -Recurse 'HKCU:\\${KEY}' | Where-Object { $_.GetValue('LastUsedTimeStop') -eq 0 -and $_.GetValue('LastUsedTimeStart') -gt 0 } | ForEach-Object { $_.PSChildName })
  [Console]::Out.WriteLine((ConvertTo-Json -Compress -InputObject $names))
  if ([Earmark.Registry]::RegNotifyChangeKeyValue($key.Handle, $true, 5, [System.IntPtr]::Zero, $false) -ne 0) { exit 1 }
}`;

/** Earmark's recorders on Windows. The registry gives a program's path and no process. */
const OWN_RECORDERS = /[#\\](ffmpeg|sox)\.exe$/i;

const Names = z.array(z.string().max(1_000)).max(1_000);

export const windows: SystemModule = async (context, events) => {
  const powershell = findProgram('powershell', context.env, context.platform);
  if (powershell === undefined) return undefined;
  const encoded = Buffer.from(SCRIPT, 'utf16le').toString('base64');
  return runLong(
    context,
    powershell,
    ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded],
    {
      onLine: (line) => {
        const streams = parseKeyNames(line);
        if (streams) events.onStreams(streams);
      },
      onEnd: () => events.onEnd(),
    },
  );
};

/**
 * @param line JSON array of key names: a path with # for \, or a package family name
 * @returns undefined if the line is something else
 */
export function parseKeyNames(line: string): readonly MicrophoneStream[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const names = Names.safeParse(json);
  return names.data?.flatMap((key): MicrophoneStream[] => {
    if (OWN_RECORDERS.test(key)) return [];
    const name = plainName(
      key.includes('#')
        ? (key.split('#').pop() ?? '').replace(/\.exe$/i, '')
        : key.replace(/_[^_]*$/, ''),
    );
    return name === '' ? [] : [{ id: name, name }];
  });
}
