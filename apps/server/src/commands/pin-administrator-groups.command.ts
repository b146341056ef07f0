import { repinAdministratorGroups } from '@tokenwarden/directory';
import { readSettings } from '@tokenwarden/settings';
import { withDatabase } from './with-database.js';

/** `npm run admin-groups:pin`: works while instances run, and takes effect at once. */
export async function pinAdministratorGroupsCommand(): Promise<void> {
  const settings = readSettings(process.env);
  const { pinned, warnings } = await withDatabase(settings, (database) =>
    database.transaction((tx) => repinAdministratorGroups(tx, settings.adminGroups)),
  );
  for (const { settingName, groupId } of pinned)
    process.stdout.write(`${settingName} is the group ${groupId}.\n`);
  if (pinned.length === 0)
    process.stdout.write('No group is pinned: set ADMIN_GROUPS to the groups of the administrators.\n');
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
}
