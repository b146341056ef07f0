import type { JsonValue } from '@tokenwarden/vocabulary';

/** The actions of the trail that a webhook tells of. Of what is done to many tokens by one decision it tells once, of the whole. */
export const ANNOUNCED_ACTIONS = [
  'token.created',
  'token.rotated',
  'token.revoked',
  'tokens.bulk-revoked',
  'policy.updated',
  'housekeeping.failed',
  'directory.held',
  'service-account.orphaned',
] as const;

/** What decides whether an event is told of. */
export interface Recorded {
  readonly action: string;
  readonly outcome: string;
  readonly details: JsonValue;
}

/** Whether a webhook tells of this event: a change, and none that only follows a bulk revocation. */
export function isAnnounced({ action, outcome, details }: Recorded): boolean {
  const isOfMany = action === 'token.revoked' && hasMember(details, 'revocationId');
  return outcome === 'SUCCEEDED' && ANNOUNCED_ACTIONS.some((one) => one === action) && !isOfMany;
}

function hasMember(details: JsonValue, name: string): boolean {
  return typeof details === 'object' && details !== null && Object.hasOwn(details, name);
}
