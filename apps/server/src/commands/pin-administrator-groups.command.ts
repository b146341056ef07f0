import { repinAdministratorGroups, type PinnedGroups } from '@tokenwarden/directory';
import { readSettings } from '@tokenwarden/settings';
import { invalidInput } from '@tokenwarden/vocabulary';
import { withDatabase } from './with-database.js';

/**
 * `npm run admin-groups:pin`: works while instances run, and takes effect at once. It changes nothing unless each name
 * means one group: a slip of the pen must not take the administrators their rights.
 * @throws Problem `INVALID_INPUT` where ADMIN_GROUPS is missing, or holds what is no group
 */
export async function pinAdministratorGroupsCommand(): Promise<void> {
  const settings = readSettings(process.env);
  if (settings.adminGroups.length === 0) {
    throw invalidInput('ADMIN_GROUPS', 'Set ADMIN_GROUPS to what the instances have; nothing was changed.');
  }
  const { pinned } = await withDatabase(settings, (database) =>
    database.transaction(async (tx) => wholly(await repinAdministratorGroups(tx, settings.adminGroups))),
  );
  for (const { settingName, groupId } of pinned) {
    process.stdout.write(`${settingName} is the group ${groupId}.\n`);
  }
}

function wholly(outcome: PinnedGroups): PinnedGroups {
  if (outcome.warnings.length === 0) return outcome;
  throw invalidInput('ADMIN_GROUPS', `${outcome.warnings.join(' ')} Nothing was changed.`);
}
