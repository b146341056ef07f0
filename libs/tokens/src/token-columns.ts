import type { AccessTokenEntity } from './access-token.entity.js';

/** Every column of the table with the property of `AccessTokenEntity` that it becomes; a new one is named here alone. */
export const TOKEN_COLUMNS: readonly (readonly [column: string, property: keyof AccessTokenEntity])[] = [
  ['id', 'id'],
  ['kind', 'kind'],
  ['user_id', 'userId'],
  ['service_account_id', 'serviceAccountId'],
  ['principal_id', 'principalId'],
  ['name', 'name'],
  ['description', 'description'],
  ['search_text', 'searchText'],
  ['profile', 'profile'],
  ['scopes', 'scopes'],
  ['audiences', 'audiences'],
  ['issuer', 'issuer'],
  ['kid', 'kid'],
  ['created_at', 'createdAt'],
  ['created_by', 'createdBy'],
  ['expires_at', 'expiresAt'],
  ['ends_at', 'endsAt'],
  ['suspended_at', 'suspendedAt'],
  ['suspended_by', 'suspendedBy'],
  ['suspended_with_scope', 'suspendedWithScope'],
  ['revoked_at', 'revokedAt'],
  ['revoked_by', 'revokedBy'],
  ['revoked_reason', 'revokedReason'],
  ['predecessor_id', 'predecessorId'],
  ['rotated_at', 'rotatedAt'],
  ['ends_on_successors_use', 'endsOnSuccessorsUse'],
  ['first_used_at', 'firstUsedAt'],
];

/**
 * What a SELECT names to get `AccessTokenEntity` rows, from the table of this name or alias. For the lists of upper
 * rooms too, so that a new column is named in one place.
 */
export function tokenColumns(table = 'access_tokens'): string {
  return TOKEN_COLUMNS.map(([column, property]) => `${table}.${column} AS "${property}"`).join(', ');
}
