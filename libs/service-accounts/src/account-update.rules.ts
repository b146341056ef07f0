import { durationSeconds, type Caller, type Duration, type JsonObject } from '@tokenwarden/vocabulary';

/** What an account is called and linked to, as far as an update may change it. */
export interface AccountFacts {
  readonly name: string;
  readonly description: string | null;
  /** Different ones, in any order. */
  readonly groupIds: readonly string[];
}

/** What an update asks for; undefined stays as it is, `groupIds` is the whole new list. */
export interface AskedFacts {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly groupIds?: readonly string[] | undefined;
}

/** The difference that an update makes. */
export interface AccountDifference {
  readonly name: string;
  readonly description: string | null;
  readonly addedGroupIds: readonly string[];
  readonly removedGroupIds: readonly string[];
  /** What its event says: each change with what was before; empty where nothing differs. */
  readonly details: JsonObject;
}

/** What of the asked differs from how the account is: what stays the same is not in it. */
export function differenceOf(before: AccountFacts, asked: AskedFacts): AccountDifference {
  const { name = before.name, description = before.description, groupIds = before.groupIds } = asked;
  const addedGroupIds = [...new Set(groupIds)].filter((id) => !before.groupIds.includes(id));
  const removedGroupIds = before.groupIds.filter((id) => !groupIds.includes(id));
  const details: JsonObject = {
    ...(name !== before.name && { name, nameBefore: before.name }),
    ...(description !== before.description && { description, descriptionBefore: before.description }),
    ...(addedGroupIds.length > 0 && { addedGroupIds }),
    ...(removedGroupIds.length > 0 && { removedGroupIds }),
  };
  return { name, description, addedGroupIds, removedGroupIds, details };
}

/** Whether an account that was orphaned then may still be brought back: within the grace, not at its very end (rule 11). */
export function canComeBack(orphanedAt: Date, orphanGrace: Duration, now: Date): boolean {
  return now.getTime() - orphanedAt.getTime() < durationSeconds(orphanGrace) * 1_000;
}

/** Whether the caller is the account itself: its token changes neither it nor what its groups grant (rule 5). */
export function isItself({ principal }: Pick<Caller, 'principal'>, accountId: string): boolean {
  return principal.kind === 'SERVICE_ACCOUNT' && principal.id === accountId;
}
