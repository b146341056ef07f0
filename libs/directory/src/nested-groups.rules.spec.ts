import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { flattenedMembers, flatteningMembers, type NestedGroup } from './nested-groups.rules.js';
import { atOnce } from './stepwise.rules.js';

const group = (key: string, memberIds: string[], nestedKeys: string[] = []) => ({
  key,
  memberIds,
  nestedKeys,
});
const membersOf = (key: string, groups: readonly NestedGroup[]) =>
  [...(flattenedMembers(groups).get(key) ?? [])].sort();

describe('the members of a group', () => {
  it('include those of the groups in it, at any depth, each once', () => {
    const groups = [
      group('all', ['ada'], ['engineers']),
      group('engineers', ['grace', 'grace'], ['data']),
      group('data', ['linus', 'ada']),
    ];
    expect(membersOf('all', groups)).toEqual(['ada', 'grace', 'linus']);
    expect(membersOf('engineers', groups)).toEqual(['ada', 'grace', 'linus']);
    expect(membersOf('data', groups)).toEqual(['ada', 'linus']);
  });

  it('are the same for groups that hold one another, and for one that holds itself', () => {
    const groups = [
      group('one', ['ada'], ['two']),
      group('two', ['grace'], ['one']),
      group('self', ['linus'], ['self']),
    ];
    expect(membersOf('one', groups)).toEqual(['ada', 'grace']);
    expect(membersOf('two', groups)).toEqual(['ada', 'grace']);
    expect(membersOf('self', groups)).toEqual(['linus']);
  });

  it('are not those of the groups that it is in', () => {
    const groups = [group('outer', ['ada'], ['inner', 'twin']), group('inner', ['grace']), group('twin', [])];
    expect(membersOf('inner', groups)).toEqual(['grace']);
    expect(membersOf('twin', groups)).toEqual([]);
  });

  it('do not mind a member named twice beside a nested group', () =>
    expect(
      membersOf('outer', [group('outer', ['ada', 'ada'], ['inner']), group('inner', ['grace'])]),
    ).toEqual(['ada', 'grace']));

  it('leave out what no group has for a key', () =>
    expect(membersOf('one', [group('one', ['ada'], ['gone'])])).toEqual(['ada']));

  it('are for any nesting those that a walk from each group finds', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(fc.nat(8)), fc.array(fc.nat(15), { maxLength: 3 })), { maxLength: 12 }),
        (drawn) => {
          const groups = drawn.map(([members, nested], key) =>
            group(`${key}`, members.map(String), nested.map(String)),
          );
          for (const { key } of groups) expect(membersOf(key, groups)).toEqual(walkedFrom(key, groups));
        },
      ),
    ));
});

describe('many groups', () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, i) => group(`${i}`, i === length - 1 ? ['ada'] : [], [`${i + 1}`]));

  it('may be a chain of ten thousand: the one list of members is shared', () => {
    const members = flattenedMembers(chain(10_000));
    expect(members.get('0')).toEqual(['ada']);
    expect(new Set(members.values()).size).toBe(1);
  });

  it('may be five thousand in one circle', () => {
    const circle = chain(5_000).map(({ key, nestedKeys }, i) =>
      group(key, [`user ${i % 100}`], i === 4_999 ? ['0'] : nestedKeys),
    );
    const members = flattenedMembers(circle);
    expect(members.get('0')).toHaveLength(100);
    expect(new Set(members.values()).size).toBe(1);
  });

  it('are looked at in steps that grow with them, not with their square', () => {
    const steps = (length: number) => [...flatteningMembers(chain(length))].length;
    expect(steps(20_000)).toBeLessThanOrEqual(steps(10_000) * 2);
  });

  it('are none where they would have more members together than may be', () => {
    const groups = [group('outer', ['ada'], ['inner']), group('inner', ['grace'])];
    expect(atOnce(flatteningMembers(groups, 3))?.size).toBe(2);
    expect(atOnce(flatteningMembers(groups, 2))).toBeUndefined();
  });
});

function walkedFrom(top: string, groups: readonly NestedGroup[]): string[] {
  const visited = new Set([top]);
  const members = new Set<string>();
  for (const key of visited) {
    const found = groups.find((one) => one.key === key);
    for (const id of found?.memberIds ?? []) members.add(id);
    for (const nested of found?.nestedKeys ?? []) visited.add(nested);
  }
  return [...members].sort();
}
