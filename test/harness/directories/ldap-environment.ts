import type { RunningDirectory } from './running-directory.js';

/**
 * The settings by which the product reads a directory of the harness, as a person would set them: over plain `ldap://`,
 * with the demo's administrators.
 * @param directory The server
 * @returns `LDAP_*` and `ADMIN_GROUPS`
 */
export function ldapEnvironment(directory: RunningDirectory): Record<string, string> {
  return {
    LDAP_URL: directory.url,
    LDAP_BIND_DN: directory.readerDn,
    LDAP_BIND_PASSWORD: directory.readerPassword,
    LDAP_USER_BASE: directory.userBase,
    LDAP_GROUP_BASE: directory.groupBase,
    ADMIN_GROUPS: 'platform-admins',
  };
}
