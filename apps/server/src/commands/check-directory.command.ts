import { readDirectorySettings, type DirectorySettings } from '@tokenwarden/settings';
import { openDirectory } from '../open-directory.js';
import { directoryReport } from './directory-report.js';

/**
 * `npm run directory:check`: reads the directory as a synchronisation would, and says what it found and what is wrong.
 * It needs neither a database nor a running product, and changes nothing. Exit code 1 where an answer would not be whole.
 * @throws SettingsError
 */
export async function checkDirectoryCommand(): Promise<void> {
  const settings = readDirectorySettings(process.env);
  for (const warning of settings.warnings) process.stderr.write(`! ${warning}\n`);
  const directory = await openDirectory(settings);
  try {
    const report = directoryReport(nameOf(settings), await directory.check(), settings.adminGroups);
    process.stdout.write(report.found);
    process.stderr.write(report.faults);
    if (report.faults !== '') process.exitCode = 1;
  } finally {
    await directory.close();
  }
}

function nameOf({ ldap, directoryFile }: DirectorySettings): string {
  if (ldap) return `LDAP_URL, ${ldap.urls.join(', ')} (LDAP_SCHEMA=${ldap.schema})`;
  return directoryFile === undefined
    ? 'the demo directory of made-up people; LDAP_URL or DIRECTORY_FILE replaces it'
    : `DIRECTORY_FILE, ${directoryFile}`;
}
