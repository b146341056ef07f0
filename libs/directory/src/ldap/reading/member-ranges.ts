import { PresenceFilter } from 'ldapts';
import type { LdapConnection, LdapEntry, LdapSearch } from '../connection/ldap-connection.js';
import { LdapFault } from '../connection/ldap-faults.js';
import { idOf } from '../entries/entries.rules.js';
import { RANGE_STEP, type LdapSchema } from '../entries/ldap-schema.rules.js';

/** A piece of a long attribute, as Active Directory gives it: `member;range=0-1499`, the last one `member;range=1500-*`. */
interface Range {
  readonly attribute: string;
  readonly first: number;
  /** Undefined: there are no more. */
  readonly last: number | undefined;
}

// What no group of people is; a server that never comes to an end must not fill the memory.
const MOST_VALUES = 1_000_000;
const TRIES = 3;

/**
 * All values of an attribute of an entry, also where the server gives them in ranges (MS-ADTS 3.1.1.3.1.3.3): then the
 * rest is asked for, range by range. Each range begins with the last value of the one before: where that is another one
 * by now, values have moved up in between and one could be missed, so all is read again.
 * @throws LdapFault where the entry is gone, another one stands in its place, or its values never keep still
 */
export async function allValues(
  connection: LdapConnection,
  { entry, attribute, schema }: { entry: LdapEntry; attribute: string; schema: LdapSchema },
  signal?: AbortSignal,
): Promise<readonly Buffer[]> {
  const id = idOf(entry, schema);
  const ranges = new RangesOfOneEntry(connection, { dn: entry.dn, id, attribute, schema }, signal);
  let start: LdapEntry = entry;
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const values = await ranges.from(start);
    if (values) return values;
    start = await ranges.read(0);
  }
  throw new LdapFault('incomplete', `The members of the group ${id} changed each time while they were read.`);
}

class RangesOfOneEntry {
  constructor(
    private readonly connection: LdapConnection,
    private readonly of: { dn: string; id: string | undefined; attribute: string; schema: LdapSchema },
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The values from this first piece on; undefined where they changed in between. */
  async from(start: LdapEntry): Promise<Buffer[] | undefined> {
    const { attribute, id } = this.of;
    let range = rangeOf(start, attribute);
    const values = [...start.values(range?.attribute ?? attribute)];
    while (range?.last !== undefined) {
      if (values.length > MOST_VALUES) {
        throw new LdapFault('incomplete', `The group ${id} has more than ${MOST_VALUES} members.`);
      }
      const entry = await this.read(range.last);
      const next = rangeOf(entry, attribute);
      const [repeated, ...more] = next ? entry.values(next.attribute) : [];
      const before = values.at(-1);
      if (!next || !repeated || !before?.equals(repeated)) return undefined;
      // No step forward would be asked for again and again.
      if (next.first !== range.last || (next.last !== undefined && more.length === 0)) return undefined;
      for (const value of more) values.push(value);
      range = next;
    }
    return values;
  }

  /** The entry with the values from this one on; the server may give fewer than are asked for. */
  async read(first: number): Promise<LdapEntry> {
    const { dn, id, attribute, schema } = this.of;
    const search: LdapSearch = {
      base: dn,
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: [schema.id.attribute, `${attribute};range=${first}-${first + RANGE_STEP - 1}`],
    };
    for await (const [entry] of this.connection.pages(search, this.signal)) {
      if (entry && idOf(entry, schema) === id) return entry;
    }
    throw new LdapFault('incomplete', `The group ${id} was moved or removed while its members were read.`);
  }
}

/**
 * Which piece came. A server may give another one than was asked for, and some clients add the asked one without
 * values: so the one with values counts, else the one that says it is the last.
 */
function rangeOf(entry: LdapEntry, attribute: string): Range | undefined {
  const ranges = entry.attributes.flatMap((spelled): Range[] => {
    const [name = '', option = '', ...others] = spelled.toLowerCase().split(';');
    const [, first, last] = /^range=(\d{1,9})-(\d{1,9}|\*)$/.exec(option) ?? [];
    if (name !== attribute.toLowerCase() || first === undefined || others.length > 0) return [];
    return [{ attribute: spelled, first: Number(first), last: last === '*' ? undefined : Number(last) }];
  });
  return ranges.find((range) => entry.values(range.attribute).length > 0) ?? ranges.find(isLast);
}

const isLast = ({ last }: Range) => last === undefined;
