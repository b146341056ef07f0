import { IDS_BEING_CAPPED, IDS_BEING_REVOKED, TOKENS_BEING_CAPPED } from '@tokenwarden/tokens';
import { foldedForSearch, isIdentifier, type TokenStatus } from '@tokenwarden/vocabulary';
import type { TokenFilter } from './token-list.types.js';
import type { Stretch } from './token-orders.js';
import {
  containing,
  PRINCIPALS_OF_GROUP,
  principalsWith,
  type Placeholder,
  type TokenSelection,
} from './token-selection.queries.js';

/** A way to tokens by an index: which rows `w` of which table: `access_tokens`, `token_uses` or `TOKENS_BEING_CAPPED`. */
export interface Way {
  readonly table: string;
  readonly condition: string;
  /** The order of the index, so that a bounded look goes by it; empty where the index has none. */
  readonly orderBy: string;
}

/** What is sought, and whether the ends in the rows are those that hold. */
export interface Approached {
  readonly selection: TokenSelection;
  readonly areEndsMoving: boolean;
}

/** One or several ways that together lead to all tokens of a selection, and others beside them. */
export interface Approach {
  readonly ways: (placeholder: Placeholder) => readonly Way[];
  /** What of the filter it answers exactly. */
  readonly answers: readonly (keyof TokenFilter)[];
}

const BY_CREATION = 'w.created_at, w.id';
const BY_END = 'w.ends_at, w.id';
const BY_USE = 'w.last_used_at, w.token_id';
const NOW = 'statement_timestamp()';
const way = (condition: string, orderBy = BY_CREATION): Way => ({
  table: 'access_tokens',
  condition,
  orderBy,
});

/** What holds for a row `w` of a token that no cap ends earlier than it says. */
export const KEEPS_ITS_END = `(w.id IN (${IDS_BEING_CAPPED})) IS NOT TRUE`;

// Ends in rows are moving: the tokens whose rows are right, and beside them those that a cap ends earlier.
const whileEndsMove = (ways: readonly Way[]): readonly Way[] =>
  ways.flatMap((one) => [
    { ...one, condition: `${one.condition} AND ${KEEPS_ITS_END}` },
    { table: TOKENS_BEING_CAPPED, condition: one.condition, orderBy: '' },
  ]);

const WAYS_OF_STATUS: Readonly<Record<TokenStatus, readonly Way[]>> = {
  ACTIVE: [way(`w.ends_at > ${NOW}`, BY_END)],
  SUSPENDED: [way('w.suspended_at IS NOT NULL')],
  EXPIRED: [way(`w.ends_at <= ${NOW}`, BY_END)],
  // A bulk revocation that is being written names tokens whose rows do not say so yet.
  REVOKED: [way('w.revoked_at IS NOT NULL'), way(`w.id IN (${IDS_BEING_REVOKED})`, '')],
};

/** The approach to all tokens there are. */
export const EVERYTHING: Approach = { ways: () => [way('TRUE')], answers: [] };

/** The approaches that the filter opens, the ones first that most often lead to the fewest tokens. */
export function approachesOf({
  selection: { filter, reach },
  areEndsMoving,
}: Approached): readonly Approach[] {
  const found: Approach[] = [];
  // What is said of the earliest end alone leads to all of them in any case: no end moves later.
  const isByEnd = areEndsMoving && hasLatestEnd(filter);
  const byEnd = (ways: readonly Way[]) => (isByEnd ? whileEndsMove(ways) : ways);
  const add = (ways: Approach['ways'], ...answers: (keyof TokenFilter)[]) => found.push({ ways, answers });
  const asked = (...names: (keyof TokenFilter)[]) => names.filter((name) => filter[name] !== undefined);
  const ids = reach !== 'all' && 'tokenId' in reach ? [reach.tokenId] : filter.ids?.filter(isIdentifier);
  if (ids) add((value) => [way(`w.id = ANY (${value(ids)}::uuid[])`, '')]);
  const principals = principalsOf({ filter, reach });
  if (principals) {
    const bounds = (value: Placeholder) => [...endsOf(filter, value), ...createdOf(filter, value)];
    add((value) =>
      byEnd([way([`w.principal_id IN (${principals(value)})`, ...bounds(value)].join(' AND '), '')]),
    );
  }
  const { search, unusedSince, profile, unscoped } = filter;
  if (search !== undefined && isSearchedByIndex(search)) {
    add((value) => [way(`w.search_text LIKE ${value(containing(search))}`, '')], 'search');
  }
  const statuses = impliedStatuses(filter);
  if (statuses && !statuses.includes('ACTIVE')) {
    const isExact = statuses.length === 1 && statuses[0] === 'REVOKED';
    const waysOf = (status: TokenStatus) =>
      areEndsMoving && status === 'EXPIRED' ? whileEndsMove(WAYS_OF_STATUS[status]) : WAYS_OF_STATUS[status];
    add(() => statuses.flatMap(waysOf), ...(isExact ? asked('status') : []));
  }
  const isOfKind = (value: Placeholder) => (filter.kind ? [`w.kind = ${value(filter.kind)}`] : []);
  if (endsOf(filter, String).length > 0) {
    add(
      (value) => byEnd([way([...isOfKind(value), ...endsOf(filter, value)].join(' AND '), BY_END)]),
      ...(areEndsMoving && !isByEnd ? [] : asked('kind', 'endsAfter', 'endsBefore')),
    );
  }
  if (filter.neverUsed === true) add(() => [way('w.first_used_at IS NULL')], 'neverUsed');
  if (unusedSince) {
    add((value) => {
      const moment = `${value(unusedSince)}::timestamptz`;
      return [
        { table: 'token_uses', condition: `w.last_used_at < ${moment}`, orderBy: BY_USE },
        way(`w.first_used_at IS NULL AND w.created_at < ${moment}`),
      ];
    }, 'unusedSince');
  }
  if (profile !== undefined) add((value) => [way(`w.profile = ${value(profile)}`)], 'profile');
  if (unscoped !== undefined) add(() => [way(scopesAre(unscoped))], 'unscoped');
  if (filter.neverUsed === false) {
    add(() => [{ table: 'token_uses', condition: 'TRUE', orderBy: BY_USE }], 'neverUsed');
  }
  if (createdOf(filter, String).length > 0 || filter.kind !== undefined) {
    add(
      (value) => [way([...isOfKind(value), ...createdOf(filter, value)].join(' AND '))],
      ...asked('kind', 'createdAfter', 'createdBefore'),
    );
  }
  return found;
}

/**
 * What may be said of the rows `w` of a stretch so that its walk leaves out tokens that cannot be selected, as far as an
 * index of the stretch's order serves: undefined where none at all can lie in it.
 */
export function conditionsOfWalk(
  { filter, reach }: TokenSelection,
  { field, condition }: Stretch,
  placeholder: Placeholder,
): string[] | undefined {
  const ofKind = () => (filter.kind === undefined ? [] : [`w.kind = ${placeholder(filter.kind)}`]);
  switch (field) {
    case 'CREATED_AT':
      return [...(leaderOf({ filter, reach }, placeholder) ?? ofKind()), ...createdOf(filter, placeholder)];
    case 'ENDS_AT':
      return [...(principalOf({ filter, reach }, placeholder) ?? ofKind()), ...endsOf(filter, placeholder)];
    case 'LAST_USED_AT':
      if (filter.neverUsed === true) return undefined;
      return filter.unusedSince === undefined
        ? []
        : [`w.last_used_at < ${placeholder(filter.unusedSince)}::timestamptz`];
    case 'NEVER_USED':
      return filter.neverUsed === false ? undefined : [condition];
    case 'NAME':
      return ofKind();
  }
}

// Of the conditions that have an index in the order of creation the one that most often leads to the fewest.
function leaderOf(
  { filter, reach }: Pick<TokenSelection, 'filter' | 'reach'>,
  placeholder: Placeholder,
): string[] | undefined {
  const principal = principalOf({ filter, reach }, placeholder);
  if (principal) return principal;
  if (only(impliedStatuses(filter) ?? []) === 'SUSPENDED') return ['w.suspended_at IS NOT NULL'];
  if (filter.neverUsed === true) return ['w.first_used_at IS NULL'];
  if (filter.profile !== undefined) return [`w.profile = ${placeholder(filter.profile)}`];
  if (filter.kind === undefined && filter.unscoped !== undefined) return [scopesAre(filter.unscoped)];
  return undefined;
}

function principalOf(
  { filter, reach }: Pick<TokenSelection, 'filter' | 'reach'>,
  placeholder: Placeholder,
): string[] | undefined {
  const id =
    filter.userId ?? filter.serviceAccountId ?? (isOfSome(reach) ? only(reach.principalIds) : undefined);
  return id !== undefined && isIdentifier(id) ? [`w.principal_id = ${placeholder(id)}::uuid`] : undefined;
}

/** The principals whose tokens alone can be selected, as SQL that gives their `id`; undefined where it may be anybody. */
export function principalsOf({
  filter,
  reach,
}: Pick<TokenSelection, 'filter' | 'reach'>): ((placeholder: Placeholder) => string) | undefined {
  const listed = (ids: readonly string[]) => (value: Placeholder) =>
    `SELECT unnest(${value(ids)}::uuid[]) AS id`;
  const { groupId, scope } = filter;
  const one = filter.userId ?? filter.serviceAccountId;
  if (one !== undefined) return listed([one].filter(isIdentifier));
  if (isOfSome(reach)) return listed(reach.principalIds);
  if (groupId === undefined) return scope === undefined ? undefined : (value) => principalsWith(scope, value);
  return isIdentifier(groupId) ? (value) => PRINCIPALS_OF_GROUP(value(groupId)) : listed([]);
}

function isOfSome(reach: TokenSelection['reach']): reach is { readonly principalIds: readonly string[] } {
  return reach !== 'all' && 'principalIds' in reach;
}

/** The statuses that a token of this filter can have; undefined where it can have any. */
export function impliedStatuses(filter: TokenFilter): readonly TokenStatus[] | undefined {
  const isUsable = filter.usable === true || filter.scope !== undefined;
  const statuses = filter.status && [...new Set(filter.status)];
  if (!isUsable) return statuses;
  return statuses ? statuses.filter((status) => status === 'ACTIVE') : ['ACTIVE'];
}

/** What the filter says of the end, as conditions on `w`: its own bounds, and those of the statuses that it names. */
export function endsOf(filter: TokenFilter, placeholder: Placeholder): string[] {
  const statuses = impliedStatuses(filter);
  const isLive = statuses?.every((status) => status === 'ACTIVE' || status === 'SUSPENDED');
  return [
    ...bound('w.ends_at >', filter.endsAfter, placeholder),
    ...bound('w.ends_at <', filter.endsBefore, placeholder),
    ...(statuses?.length && isLive ? [`w.ends_at > ${NOW}`] : []),
    ...(statuses && only(statuses) === 'EXPIRED' ? [`w.ends_at <= ${NOW}`] : []),
  ];
}

function hasLatestEnd(filter: TokenFilter): boolean {
  return filter.endsBefore !== undefined || only(impliedStatuses(filter) ?? []) === 'EXPIRED';
}

/** The filter without what it says of the latest end: it selects as much, and more. */
export function withoutLatestEnd(filter: TokenFilter): TokenFilter {
  const { endsBefore: _, status, ...rest } = filter;
  return hasLatestEnd({ status }) || status === undefined ? rest : { ...rest, status };
}

/** What the filter says of the creation, as conditions on `w`: nothing unused since a moment was created after it. */
export function createdOf(filter: TokenFilter, placeholder: Placeholder): string[] {
  return [
    ...bound('w.created_at >', filter.createdAfter, placeholder),
    ...bound('w.created_at <', filter.createdBefore, placeholder),
    ...bound('w.created_at <', filter.unusedSince, placeholder),
  ];
}

function bound(comparison: string, moment: Date | undefined, placeholder: Placeholder): string[] {
  return moment === undefined ? [] : [`${comparison} ${placeholder(moment)}::timestamptz`];
}

function scopesAre(unscoped: boolean): string {
  return `w.scopes IS ${unscoped ? '' : 'NOT '}NULL`;
}

/** Whether an index of trigrams helps: in fewer than three characters there is none. */
export function isSearchedByIndex(search: string): boolean {
  return /[\p{L}\p{N}]{3}/u.test(foldedForSearch(search));
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
