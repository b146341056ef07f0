import { SYSTEM } from '@tokenwarden/vocabulary';
import type { Transaction } from '@tokenwarden/database';
import { setGrants } from '@tokenwarden/directory';
import { demoGrants, demoServiceAccounts } from '@tokenwarden/embedded';
import { addAccount } from '@tokenwarden/service-accounts';

/** What a first start on the demo directory finds set up: grants of the demo groups and two service accounts. */
export async function setUpDemo(tx: Transaction): Promise<void> {
  for (const { groupId, grants } of demoGrants) await setGrants(tx, groupId, grants, SYSTEM);
  for (const account of demoServiceAccounts) await addAccount(tx, account, SYSTEM);
}
