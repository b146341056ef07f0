import type { SchemaName } from '../entries/ldap-schema.rules.js';
import { encryptionFault, stateFault, RESULT, type FaultInWords } from './ldap-faults.rules.js';

/**
 * What a server said to a name and a password: `accepted`; `wrong`: it compared the password, and it does not do;
 * `refused`: this name does not sign in, whatever the password, which it may not even have looked at.
 */
export type BindOutcome = 'accepted' | 'wrong' | 'refused';

const REFUSALS = new Set<number>([
  // Too many failures before (389 DS).
  RESULT.constraintViolation,
  // Gone since it was found, or no name at all.
  RESULT.noSuchObject,
  RESULT.invalidDnSyntax,
  // The entry has no password (389 DS).
  RESULT.inappropriateAuthentication,
  RESULT.insufficientAccessRights,
]);

/**
 * What the answer to a bind with somebody's password says of them; a fault where it says nothing of them, because the
 * server cannot or does not answer: that is never a wrong password. 389 DS refuses who is inactivated with a code by
 * which other servers say that they answer nobody. A password that must be changed first (an administrator has set it)
 * is refused by Active Directory; others accept it for being changed alone, which is no sign-in either.
 */
export function bindOutcome(
  { code, mustChange }: { readonly code: number; readonly mustChange: boolean },
  schema: SchemaName,
): BindOutcome | FaultInWords {
  if (code === RESULT.success) return mustChange ? 'wrong' : 'accepted';
  if (code === RESULT.invalidCredentials) return 'wrong';
  if (REFUSALS.has(code) || (code === RESULT.unwillingToPerform && schema === '389ds')) return 'refused';
  return (
    encryptionFault(code) ??
    stateFault(code) ?? {
      kind: 'other',
      sentence: `nobody can sign in: it answers a name and a password with result ${code}.`,
    }
  );
}
