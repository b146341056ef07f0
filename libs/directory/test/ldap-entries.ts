import type { LdapConnection, LdapEntry, LdapSearch } from '../src/ldap/connection/ldap-connection.js';

/** An entry as a server could give it: its attributes by name, each value as text or as bytes. */
export function anEntry(dn: string, attributes: Record<string, readonly (string | Buffer)[]>): LdapEntry {
  const byName = new Map(
    Object.entries(attributes).map(([name, values]) => [
      name.toLowerCase(),
      values.map((value) => Buffer.from(value)),
    ]),
  );
  const values = (name: string) => byName.get(name.toLowerCase()) ?? [];
  const texts = (name: string) => values(name).map((value) => value.toString('utf8'));
  return {
    dn,
    attributes: Object.keys(attributes),
    values,
    texts,
    text: (name) => (values(name).length === 1 ? texts(name)[0] : undefined),
  };
}

/** A connection on which each search is answered by a function: what no real server here can be brought to answer. */
export function answering(answer: (search: LdapSearch) => readonly LdapEntry[]): LdapConnection {
  return {
    pages: (search) =>
      (async function* () {
        yield await Promise.resolve(answer(search));
      })(),
  };
}
