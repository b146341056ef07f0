import { forbidden, holds, scopeMissing, unauthenticated, type Caller } from '@tokenwarden/vocabulary';
import { ACCESS, type Access } from './access-table.js';

/** The line of the table for an operation (`Query.tokens`, `GET /metrics`); undefined means that nobody may. */
export function accessTo(operation: string): Access | undefined {
  return Object.hasOwn(ACCESS, operation) ? ACCESS[operation] : undefined;
}

/**
 * Returns when the caller may reach the operation at all.
 * @throws Problem `UNAUTHENTICATED`, `FORBIDDEN`
 */
export function requireAccess(access: Access | undefined, caller: Caller | undefined): void {
  if (!access) throw forbidden('Nobody may call this.');
  if (access.credential === 'none') return;
  if (!caller) throw unauthenticated();
  if (access.credential === 'session' && caller.carrier === 'token') {
    throw forbidden('An access token cannot create tokens: sign in for this.');
  }
  const scope = access.scope ?? (caller.carrier === 'token' ? access.scopeByToken : undefined);
  if (scope !== undefined && !holds(caller, scope)) throw scopeMissing(scope);
}

/** Whether a refusal of this operation goes into the audit trail: by token always, in a session where it is privileged. */
export function isRecorded(access: Access, caller: Caller): boolean {
  return access.isPrivileged || caller.carrier === 'token';
}
