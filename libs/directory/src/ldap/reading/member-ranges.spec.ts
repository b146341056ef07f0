import { describe, expect, it } from '@jest/globals';
import { answering, anEntry } from '../../../test/ldap-entries.js';
import type { LdapEntry, LdapSearch } from '../connection/ldap-connection.js';
import { LdapFault } from '../connection/ldap-faults.js';
import { schemaOf } from '../entries/ldap-schema.rules.js';
import { allValues } from './member-ranges.js';

const SCHEMA = schemaOf({ schema: 'active-directory', userFilter: undefined, groupFilter: undefined });
const DN = 'CN=all,CN=Users,DC=tw,DC=test';
const GUID = Buffer.alloc(16, 1);
const people = (count: number) => Array.from({ length: count }, (_, n) => `CN=user${n},${DN}`);

/** A group as a server gives it that knows no more than `most` values an answer, whatever is asked. */
class Group {
  asked: string[] = [];
  guid = GUID;

  constructor(
    public members: string[],
    private readonly most = 1_500,
  ) {}

  /** The range that a search asks for; the asked spelling stands beside the given one, as some clients have it. */
  answer(attribute: string): LdapEntry {
    const [, from = '', to = ''] = /^member;range=(\d+)-(\d+)$/.exec(attribute) ?? [];
    const first = Number(from);
    const last = Math.min(Number(to), first + this.most - 1);
    const isLast = last >= this.members.length - 1;
    const values = this.members.slice(first, last + 1);
    const given = values.length > 0 || first > 0 ? `member;range=${first}-${isLast ? '*' : last}` : undefined;
    return anEntry(DN, {
      objectGUID: [this.guid],
      [attribute]: [],
      ...(given !== undefined && { [given]: values }),
    });
  }

  async read(onAsked = () => {}): Promise<readonly string[]> {
    const connection = answering(({ attributes }: LdapSearch) => {
      const attribute = attributes.find((one) => one.startsWith('member')) ?? '';
      this.asked.push(attribute);
      onAsked();
      return [this.answer(attribute)];
    });
    const asked = { entry: this.answer('member;range=0-1499'), attribute: 'member', schema: SCHEMA };
    return (await allValues(connection, asked)).map(String);
  }
}

describe('the members of a group that come in ranges', () => {
  it.each([0, 1, 1_499, 1_500, 1_501, 2_999, 3_000, 4_500])('are all of %d', async (count) => {
    const group = new Group(people(count));
    expect(await group.read()).toEqual(people(count));
  });

  it('need no second look where the first range is the last', async () => {
    const group = new Group(people(1_500));
    await group.read();
    expect(group.asked).toEqual([]);
  });

  it('are asked for from the last one that is known, and it must be the same still', async () => {
    const group = new Group(people(3_000));
    await group.read();
    expect(group.asked).toEqual(['member;range=1499-2998', 'member;range=2998-4497']);
  });

  it('are all there where the server gives fewer at once than it is asked for', async () => {
    const group = new Group(people(3_000), 700);
    expect(await group.read()).toEqual(people(3_000));
  });

  it('are read again where one left in between, so that nobody who stayed is missed', async () => {
    const group = new Group(people(4_000));
    const members = await group.read(() => {
      if (group.asked.length === 1) group.members = group.members.slice(1);
    });
    expect(members).toEqual(people(4_000).slice(1));
  });

  it('are read again where so many left that there is nothing to go on with', async () => {
    const group = new Group(people(4_000));
    const members = await group.read(() => {
      if (group.asked.length === 1) group.members = people(10);
    });
    expect(members).toEqual(people(10));
  });

  it('are no answer where they never keep still', async () => {
    const group = new Group(people(4_000));
    const reading = group.read(() => void group.members.shift());
    await expect(reading).rejects.toThrow(LdapFault);
    await expect(reading).rejects.toThrow(/changed each time/);
  });

  it('are no answer where another group stands under that name by now', async () => {
    const group = new Group(people(2_000));
    await expect(group.read(() => void (group.guid = Buffer.alloc(16, 2)))).rejects.toThrow(
      /moved or removed/,
    );
  });

  it('are no answer where the server goes round in a circle', async () => {
    const entry = anEntry(DN, { objectGUID: [GUID], 'member;range=0-1': people(2) });
    const connection = answering(() => [
      anEntry(DN, { objectGUID: [GUID], 'member;range=1-1': people(2).slice(1) }),
    ]);
    await expect(allValues(connection, { entry, attribute: 'member', schema: SCHEMA })).rejects.toThrow(
      LdapFault,
    );
  });
});

describe('a group of more than a million members', () => {
  it('is no answer: a server that never comes to an end must not fill the memory', async () => {
    const many = Array.from({ length: 1_000_001 }, () => 'CN=a');
    const entry = anEntry(DN, { objectGUID: [GUID], 'member;range=0-1000000': many });
    const reading = allValues(
      answering(() => []),
      { entry, attribute: 'member', schema: SCHEMA },
    );
    await expect(reading).rejects.toThrow(/more than 1000000 members/);
  });
});

describe('the members of a group that come at once', () => {
  it('are those of the plain attribute', async () => {
    const entry = anEntry(DN, { objectGUID: [GUID], member: ['CN=a', 'CN=b'] });
    const connection = answering(() => []);
    const values = await allValues(connection, { entry, attribute: 'member', schema: SCHEMA });
    expect(values.map(String)).toEqual(['CN=a', 'CN=b']);
  });
});
