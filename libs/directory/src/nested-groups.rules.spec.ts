import { describe, expect, it } from '@jest/globals';
import { flattenedMembers } from './nested-groups.rules.js';

const group = (key: string, memberIds: string[], nestedKeys: string[] = []) => ({
  key,
  memberIds,
  nestedKeys,
});

describe('the members of a group', () => {
  it('include those of the groups in it, at any depth, each once', () => {
    const members = flattenedMembers([
      group('all', ['ada'], ['engineers']),
      group('engineers', ['grace'], ['data']),
      group('data', ['linus', 'ada']),
    ]);
    expect(members.get('all')).toEqual(['ada', 'grace', 'linus']);
    expect(members.get('engineers')).toEqual(['ada', 'grace', 'linus']);
    expect(members.get('data')).toEqual(['ada', 'linus']);
  });

  it('are the same for groups that hold one another, and for one that holds itself', () => {
    const members = flattenedMembers([
      group('one', ['ada'], ['two']),
      group('two', ['grace'], ['one']),
      group('self', ['linus'], ['self']),
    ]);
    expect(members.get('one')).toEqual(['ada', 'grace']);
    expect(members.get('two')).toEqual(['ada', 'grace']);
    expect(members.get('self')).toEqual(['linus']);
  });

  it('are found below a chain of a thousand groups', () => {
    const chain = Array.from({ length: 1_000 }, (_, i) =>
      group(`${i}`, i === 999 ? ['ada'] : [], [`${i + 1}`]),
    );
    expect(flattenedMembers(chain).get('0')).toEqual(['ada']);
  });
});
