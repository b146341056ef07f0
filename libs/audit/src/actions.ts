/**
 * Everything that the trail can say has happened (RULINGS, "Audit and running"), with what each means.
 * The list is closed: `record` takes nothing else, and a search for another word is refused.
 */
export const AUDIT_ACTIONS = {
  'session.created': 'Somebody signed in.',
  'session.ended': 'Somebody signed out. Sessions that end with their user have no event of their own.',
  'session.refused': 'A sign-in failed for wrong credentials.',
  'token.created': 'A token was issued.',
  'token.updated':
    'The name or the description of a token was changed; by SYSTEM: it ended with the first use of its successor.',
  'token.rotated': 'A token got a successor.',
  'token.suspended': 'A token was suspended.',
  'token.resumed': 'A suspended token was resumed.',
  'token.revoked': 'A token was revoked.',
  'token.capped': 'The end of a token was moved forward by a policy change.',
  'token.purged': 'The row of a token that had ended long ago was removed.',
  'token.inspected': 'Somebody looked up a token by its value.',
  'token.warned':
    'It was decided to tell whoever looks after a token that it ends soon; details.kind IDLE: that it is revoked unless it is used.',
  'token.rotation-reuse': 'A token that had been rotated already was to be rotated again.',
  'tokens.bulk-revoked': 'Many tokens were revoked by one decision.',
  'service-account.created': 'A service account was created.',
  'service-account.updated': 'Name, description or groups of a service account were changed.',
  'service-account.suspended': 'A service account was suspended.',
  'service-account.resumed': 'A suspended service account was resumed.',
  'service-account.deleted': 'A service account was deleted.',
  'service-account.orphaned':
    'The last group of a service account is gone; details.groupIds: those of its groups that left with it.',
  'service-account.recovered':
    'An orphaned service account has a live group again; details.groupIds: those that came back or were linked.',
  'group.created': 'A group appeared in the directory.',
  'group.renamed': 'A group has another name in the directory.',
  'group.removed': 'A group is gone from the directory.',
  'group.grants-set': 'The grants of a group were changed.',
  'user.created': 'A user appeared in the directory.',
  'user.updated': 'The names, the e-mail or the groups of a user were changed in the directory.',
  'user.disabled': 'A user was disabled in the directory.',
  'user.enabled': 'A disabled or removed user is active again in the directory.',
  'user.removed': 'A user is gone from the directory.',
  'policy.updated': 'A new version of the policy is in force; details.version names it.',
  'housekeeping.started': 'A housekeeping task was started by hand.',
  'housekeeping.failed':
    'A housekeeping task fails: recorded with the first run that failed, and not again until one succeeded or was held. Dry, stopped and refused runs do not count.',
  'directory.held': 'The brake held back an answer of the directory.',
  'directory.accepted': 'A held answer of the directory was accepted.',
  'signing-key.rotated': 'A new signing key was made.',
  'signing-key.withdrawn': 'A signing key was withdrawn: what it signed no longer resolves.',
  'signing-key.imported': 'A private key from elsewhere became a signing key.',
  'admin-groups.pinned': 'The groups of the administrators were pinned by their ids.',
  'audit.restore-accepted': 'A database restored from an older backup was accepted.',
  'authorization.refused': 'A caller was refused before any operation was reached.',
} as const;

/** One word of the closed list. */
export type AuditAction = keyof typeof AUDIT_ACTIONS;

/** Whether a text is a word of the closed list. */
export function isAuditAction(text: string): text is AuditAction {
  return Object.hasOwn(AUDIT_ACTIONS, text);
}

/** How an attempt came out. */
export const AUDIT_OUTCOMES = ['SUCCEEDED', 'REFUSED'] as const;
/** How an attempt came out: the change was made, or refused for want of a right. */
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];
