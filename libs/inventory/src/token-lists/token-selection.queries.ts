import type { Transaction } from '@tokenwarden/database';
import { GRANTS_OF_GROUP, seesMembers } from '@tokenwarden/directory';
import { currentPolicy, exceedsPolicy, type MaximumOfProfile } from '@tokenwarden/policy';
import {
  coveringScopes,
  foldedForSearch,
  isIdentifier,
  type Caller,
  type TokenStatus,
} from '@tokenwarden/vocabulary';
import type { TokenFilter } from './token-list.types.js';

/** Whose tokens a selection may hold at all: everybody's, those of these principals, or this one token. */
export type Reach = 'all' | { readonly principalIds: readonly string[] } | { readonly tokenId: string };

/** What this product answers for: a token for anybody else is not usable. */
export interface InForce {
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** All that decides whether a token is selected, beside the token itself. Made by `selectionFor`. */
export interface TokenSelection {
  readonly reach: Reach;
  readonly filter: TokenFilter;
  readonly inForce: InForce;
  /** The profiles of the policy in force; empty where the filter does not ask for them. */
  readonly profiles: readonly MaximumOfProfile[];
}

/**
 * What this caller selects by a filter among the tokens of the reach, as the policy is now. Who is in a group that the
 * caller does not see into cannot be found out by a filter either: such a group has no tokens.
 */
export async function selectionFor(
  tx: Transaction,
  caller: Caller,
  asked: Pick<TokenSelection, 'reach' | 'filter' | 'inForce'>,
): Promise<TokenSelection> {
  const { filter } = asked;
  const isOpaque = filter.groupId !== undefined && !seesMembers(caller, filter.groupId);
  const profiles = filter.exceedsPolicy === undefined ? [] : (await currentPolicy(tx)).document.profiles;
  return { ...asked, filter: isOpaque ? { ...filter, ids: [] } : filter, profiles };
}

/** Takes a value of a statement and gives its placeholder. */
export type Placeholder = (value: unknown) => string;

/**
 * The selection as SQL: what holds, all of it, for each selected row of `tokensNow(tx)` under the alias `t`, at the moment
 * of the statement. The one place that says what a filter means, for lists, counts and the end of many.
 */
export function conditionsOf(selection: TokenSelection): { conditions: string[]; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const conditions = conditionsWith(selection, (value) => `$${parameters.push(value)}`);
  return { conditions, parameters };
}

/** What holds for each token `t` of the reach. */
export function withinReach(reach: Reach, placeholder: Placeholder): string {
  if (reach === 'all') return 'TRUE';
  return 'tokenId' in reach
    ? `t.id = ${placeholder(reach.tokenId)}::uuid`
    : `t.principal_id = ANY (${placeholder(reach.principalIds)}::uuid[])`;
}

/** As `conditionsOf`, for a statement that has values of its own. */
export function conditionsWith(selection: TokenSelection, placeholder: Placeholder): string[] {
  const { reach, filter } = selection;
  const conditions = [withinReach(reach, placeholder)];
  const add = <T>(value: T | undefined, condition: (value: T) => string) => {
    if (value !== undefined) conditions.push(condition(value));
  };
  const addValue = (value: unknown, condition: (placeholder: string) => string) =>
    add(value, (one) => condition(placeholder(one)));
  // An id that is none is one that nothing has.
  const addId = (id: string | undefined, condition: (placeholder: string) => string) =>
    add(id, (one) => (isIdentifier(one) ? condition(placeholder(one)) : 'FALSE'));

  addValue(filter.ids?.filter(isIdentifier), (ids) => `t.id = ANY (${ids}::uuid[])`);
  addValue(filter.kind, (kind) => `t.kind = ${kind}`);
  add(filter.status, statusCondition);
  addId(filter.userId, (id) => `t.principal_id = ${id}::uuid AND t.user_id IS NOT NULL`);
  addId(filter.serviceAccountId, (id) => `t.principal_id = ${id}::uuid AND t.service_account_id IS NOT NULL`);
  addId(filter.groupId, ofGroup);
  addValue(filter.profile, (profile) => `t.profile = ${profile}`);
  add(filter.search, (text) => `t.search_text LIKE ${placeholder(containing(text))}`);
  addValue(filter.createdAfter, (moment) => `t.created_at > ${moment}::timestamptz`);
  addValue(filter.createdBefore, (moment) => `t.created_at < ${moment}::timestamptz`);
  addValue(filter.endsAfter, (moment) => `t.ends_at > ${moment}::timestamptz`);
  addValue(filter.endsBefore, (moment) => `t.ends_at < ${moment}::timestamptz`);
  addValue(filter.unusedSince, unusedSince);
  add(filter.neverUsed, (isNever) => `t.first_used_at IS ${isNever ? '' : 'NOT '}NULL`);
  add(filter.unscoped, (isUnscoped) => `t.scopes IS ${isUnscoped ? '' : 'NOT '}NULL`);
  return [...conditions, ...derivedConditions(selection, placeholder)];
}

function derivedConditions(
  { filter, inForce, profiles }: TokenSelection,
  placeholder: Placeholder,
): string[] {
  const conditions: string[] = [];
  const not = (isSo: boolean) => (isSo ? '' : 'NOT ');
  if (filter.usable !== undefined) {
    conditions.push(`${not(filter.usable)}(${usable(inForce, placeholder)})`);
  }
  if (filter.scope !== undefined) {
    const covering = `${placeholder(coveringScopes(filter.scope))}::text[]`;
    conditions.push(usable(inForce, placeholder), mayDo(covering));
  }
  if (filter.exceedsPolicy !== undefined) {
    conditions.push(`${not(filter.exceedsPolicy)}(${exceedsPolicy('t', profiles, placeholder)})`);
  }
  return conditions;
}

/** The ids of the members and the service accounts of the group with this id, each once. */
export const PRINCIPALS_OF_GROUP = (id: string) =>
  `SELECT user_id AS id FROM group_members WHERE group_id = ${id}::uuid
   UNION ALL SELECT service_account_id FROM service_account_groups WHERE group_id = ${id}::uuid`;

const groupsThatGrant = (covering: string) =>
  `SELECT g.id FROM groups g WHERE g.state = 'ACTIVE' AND (${GRANTS_OF_GROUP}) && ${covering}`;

/** The ids of those to whom a group grants this scope or a wider one; of some more than once. */
export function principalsWith(scope: string, placeholder: Placeholder): string {
  const granting = groupsThatGrant(`${placeholder(coveringScopes(scope))}::text[]`);
  return `SELECT user_id AS id FROM group_members WHERE group_id IN (${granting})
   UNION ALL SELECT service_account_id FROM service_account_groups WHERE group_id IN (${granting})`;
}

// Looked up for each row, like all that is beside it: a page looks at few rows, whatever the size of the group.
const ofGroup = (id: string) =>
  `CASE WHEN t.user_id IS NOT NULL
     THEN EXISTS (SELECT FROM group_members m WHERE m.group_id = ${id}::uuid AND m.user_id = t.user_id)
     ELSE EXISTS (SELECT FROM service_account_groups l
       WHERE l.group_id = ${id}::uuid AND l.service_account_id = t.service_account_id) END`;

// Rule 3's order, as `statusOf` has it; statement_timestamp() is one moment for all rows and lets an index serve.
const STATUSES: Readonly<Record<TokenStatus, string>> = {
  REVOKED: 't.revoked_at IS NOT NULL',
  EXPIRED: '(t.revoked_at IS NULL AND t.ends_at <= statement_timestamp())',
  SUSPENDED: '(t.revoked_at IS NULL AND t.ends_at > statement_timestamp() AND t.suspended_at IS NOT NULL)',
  ACTIVE: '(t.revoked_at IS NULL AND t.ends_at > statement_timestamp() AND t.suspended_at IS NULL)',
};

function statusCondition(statuses: readonly TokenStatus[]): string {
  const any = [...new Set(statuses)].map((status) => STATUSES[status]);
  return any.length === 0 ? 'FALSE' : `(${any.join(' OR ')})`;
}

/** The pattern of a text that holds this one, as it is folded for search: "%", "_" and "\" stand for themselves. */
export function containing(text: string): string {
  return `%${foldedForSearch(text).replace(/[\\%_]/g, '\\$&')}%`;
}

// No token was used before it was created, so that one unused since a moment is older than it, used or not.
const unusedSince = (moment: string) =>
  `t.created_at < ${moment}::timestamptz AND coalesce(
     (SELECT u.last_used_at < ${moment}::timestamptz FROM token_uses u WHERE u.token_id = t.id), true)`;

// What `unusableReason` of `resolving` says, where it says nothing; a spec holds the two together.
const usable = ({ issuer, audiences }: InForce, placeholder: Placeholder) =>
  `${STATUSES.ACTIVE} AND t.issuer = ${placeholder(issuer)} AND t.audiences && ${placeholder(audiences)}::text[]
   AND (SELECT k.withdrawn_at IS NULL FROM signing_keys k WHERE k.kid = t.kid)
   AND CASE WHEN t.user_id IS NOT NULL THEN (SELECT u.state = 'ACTIVE' FROM users u WHERE u.id = t.user_id)
     ELSE (SELECT s.suspended_at IS NULL AND s.orphaned_at IS NULL AND s.deleted_at IS NULL
       FROM service_accounts s WHERE s.id = t.service_account_id) END`;

// Effective scopes are what two lists allow together: they cover a scope where each of the two does. The groups whose grants
// do are found once for a statement, and looked up for each row; as a join they would be found for each row again.
const mayDo = (covering: string) => {
  const doesGrant = (groupId: string) => `coalesce(${groupId} IN (${groupsThatGrant(covering)}), false)`;
  return `(t.scopes IS NULL OR t.scopes && ${covering}) AND CASE WHEN t.user_id IS NOT NULL
     THEN EXISTS (SELECT FROM group_members m WHERE m.user_id = t.user_id AND ${doesGrant('m.group_id')})
     ELSE EXISTS (SELECT FROM service_account_groups l
       WHERE l.service_account_id = t.service_account_id AND ${doesGrant('l.group_id')}) END`;
};
