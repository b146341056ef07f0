import type { LdapSettings } from '@tokenwarden/settings';
import type { RunningDirectory } from '../../../test/harness/index.js';

/** What an operator would set for this server: LDAP_* with StartTLS, unless `changed` says something else. */
export function settingsFor(directory: RunningDirectory, changed: Partial<LdapSettings> = {}): LdapSettings {
  return {
    urls: [directory.url],
    startTls: true,
    caFile: directory.caFile,
    bindDn: directory.readerDn,
    bindPassword: directory.readerPassword,
    userBase: directory.userBase,
    userFilter: undefined,
    groupBase: directory.groupBase,
    groupFilter: undefined,
    schema: 'openldap',
    ...changed,
  };
}
