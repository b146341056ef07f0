import type { SchemaName } from '../entries/ldap-schema.rules.js';
import { placeOf } from '../entries/dn.rules.js';

/** Partitions that every forest of Active Directory has beside its domains, below the domain that it was begun with. */
const PARTITIONS_BESIDE_DOMAINS = [
  'cn=configuration',
  'cn=schema,cn=configuration',
  'dc=forestdnszones',
  'dc=domaindnszones',
];

const UNSHOWN = /[^\p{L}\p{N}\p{P}\p{S} ]+/gu;

/**
 * Whether an answer is whole although the server says that more of it stands elsewhere (a search reference, RFC 4511,
 * 4.5.3). Active Directory says so of its own configuration and DNS in every search from a domain's root: nobody is in
 * there. Anything else, such as another domain below this one, or a reference of any other kind of server, may hold
 * users and groups that are missing.
 */
export function isBesideThePoint(uri: string, schema: SchemaName): boolean {
  if (schema !== 'active-directory') return false;
  const dn = dnOf(uri);
  const partition = PARTITIONS_BESIDE_DOMAINS.find((name) => dn?.startsWith(`${name},`));
  return partition !== undefined && isDomain(dn?.slice(partition.length + 1) ?? '');
}

/** A reference as a piece of a sentence: which server, and the unit or domain there; nothing that is named after a person. */
export function shownReference(uri: string): string {
  const [server] =
    /^ldaps?:\/\/(?:[a-z0-9.-]{1,255}|\[[0-9a-f:.]{2,45}\])?(?::\d{1,5})?(?=[/?#]|$)/i.exec(uri) ?? [];
  if (server === undefined) return 'what is no LDAP URL';
  // As of an entry below: a unit or domain is its own place.
  const place = placeOf(`cn=x,${dnOf(uri) ?? ''}`)
    .replace(UNSHOWN, ' ')
    .slice(0, 200);
  return place === '' ? server : `${server}/${place}`;
}

/** The DN of an LDAP URL (RFC 4516), lower case; undefined where it cannot be read. */
function dnOf(uri: string): string | undefined {
  const [, encoded] = /^ldaps?:\/\/[^/?#]*\/([^?#]*)/i.exec(uri) ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded).toLowerCase();
  } catch {
    return undefined;
  }
}

const isDomain = (dn: string) => /^dc=[a-z0-9-]+(?:,dc=[a-z0-9-]+)*$/.test(dn);
