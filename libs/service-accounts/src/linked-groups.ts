import type { Transaction } from '@tokenwarden/database';
import { firstNotHeld, grantsByGroup, seesGroup, type HeldCaller } from '@tokenwarden/directory';
import { invalidInput, notFound, scopeNotGranted, type Caller, type Target } from '@tokenwarden/vocabulary';

/** An account that exists and is to be linked otherwise. */
export interface LinkedAccount {
  readonly target: Target;
  readonly groupIds: readonly string[];
}

/**
 * Whether the caller may make `asked` the groups of an account. To link is to grant: the caller must hold, in this very
 * call, all that the newly linked groups grant; what is linked already gives nobody anything new (rule 5). Newly linked
 * can be only what the caller sees: its own live groups, with `directory:read` all; `directory:grant` shows none, for it
 * gives to a group and takes nothing into an account.
 * `held` is what `holdCaller` gave for these very groups; a new account is none yet.
 * @throws Problem `INVALID_INPUT` on `groupIds`, `NOT_FOUND` on `groupIds.N`, `SCOPE_NOT_GRANTED` on `groupIds`
 */
export async function requireLinkable(
  tx: Transaction,
  caller: Caller,
  asked: readonly string[],
  held: HeldCaller,
  account?: LinkedAccount,
): Promise<void> {
  const { permissions, groups } = held;
  const isLinked = (id: string) => account?.groupIds.includes(id) ?? false;
  for (const [i, id] of asked.entries()) {
    const group = groups.get(id);
    if (!group) throw notFound(`groupIds.${i}`);
    if (!isLinked(id) && !seesGroup(caller, group)) {
      throw notFound(`groupIds.${i}`, { hidden: { type: 'group', id, name: group.name } });
    }
  }
  if (![...groups.values()].some(({ state }) => state === 'ACTIVE')) {
    throw invalidInput('groupIds', 'At least one group that is in the directory now.');
  }
  // A removed group counts too: what it grants is given on the day it comes back.
  const added = [...groups.keys()].filter((id) => !isLinked(id));
  const given = [...(await grantsByGroup(tx, added)).values()].flat();
  const missing = firstNotHeld(permissions, given);
  if (missing !== undefined) {
    const whose = 'Whoever links a group must hold all that it grants.';
    throw scopeNotGranted('groupIds', missing, whose, account && { target: account.target });
  }
}
