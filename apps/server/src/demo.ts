import { SYSTEM } from '@tokenwarden/vocabulary';
import { rows, type Transaction } from '@tokenwarden/database';
import { setGrants } from '@tokenwarden/directory';
import { demoGrants, demoServiceAccounts } from '@tokenwarden/embedded';
import { addAccount } from '@tokenwarden/service-accounts';

/**
 * What a first start on the demo directory finds set up: grants of the demo groups and two service accounts. Where there
 * ever was an account, somebody has begun to work, and it leaves all as it is.
 */
export async function setUpDemo(tx: Transaction): Promise<void> {
  if ((await rows(tx, 'SELECT 1 FROM service_accounts LIMIT 1')).length > 0) return;
  for (const { groupId, grants } of demoGrants) await setGrants(tx, groupId, grants, SYSTEM);
  for (const account of demoServiceAccounts) await addAccount(tx, account, SYSTEM);
}
