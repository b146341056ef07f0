import { AndFilter, EqualityFilter, FilterParser, OrFilter, type Filter } from 'ldapts';
import { LdapFault } from './connection/ldap-faults.js';

const BEYOND_ASCII = /\\[89a-f][0-9a-f]/i;

/**
 * A filter that an operator wrote, or the product itself, in the text form of RFC 4515. Nothing that came from a user or
 * from the directory is ever put into such a text: see `whoseValueIsOneOf`.
 * @throws LdapFault `setting` where it cannot be read, or holds an escaped byte beyond ASCII, which would find nothing
 */
export function filterOf(text: string): Filter {
  if (BEYOND_ASCII.test(text)) {
    throw new LdapFault('setting', `Filter ${text}: write characters beyond ASCII as themselves.`);
  }
  try {
    return FilterParser.parseString(text);
  } catch (error) {
    throw new LdapFault('setting', `Filter ${text}: it cannot be read; write it as (objectClass=person).`, {
      cause: error,
    });
  }
}

/**
 * Entries that this filter finds and whose attribute has one of the values. The values are bytes to the server, whatever
 * is in them: nothing is a wildcard, a parenthesis or an end.
 */
export function whoseValueIsOneOf(filter: Filter, attribute: string, values: readonly string[]): Filter {
  const equal = [...new Set(values)].map(
    (value) => new EqualityFilter({ attribute, value: Buffer.from(value) }),
  );
  return new AndFilter({ filters: [filter, new OrFilter({ filters: equal })] });
}
