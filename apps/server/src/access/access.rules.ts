import type { AuditAction } from '@tokenwarden/audit';
import {
  forbidden,
  holds,
  scopeMissing,
  unauthenticated,
  type Caller,
  type Problem,
} from '@tokenwarden/vocabulary';
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

/**
 * What a refused attempt is called in the audit trail; undefined where it does not belong there. By token every refusal for
 * want of a right is recorded, in a session those of privileged operations. A second rotation of a token is recorded
 * whoever asks for it: one of the two that hold it may have stolen it (rule 8).
 */
export function refusedAction(access: Access, caller: Caller, problem: Problem): AuditAction | undefined {
  if (problem.code === 'ALREADY_ROTATED') return 'token.rotation-reuse';
  const isRecorded = access.isPrivileged || caller.carrier === 'token';
  return problem.isRefusal && isRecorded ? access.refusedAs : undefined;
}
