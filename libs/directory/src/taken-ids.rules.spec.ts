import { describe, expect, it } from '@jest/globals';
import { takenIds } from './taken-ids.rules.js';

describe('ids that are already those of something else', () => {
  it('are no sentence where there are none', () => expect(takenIds([], 'user', 'group')).toEqual([]));

  it('are named, with what would be right', () =>
    expect(takenIds(['a'], 'group', 'user')).toEqual([
      '1 id of a group is already that of a user (a): give each an id that nothing else ever had, or leave it out.',
    ]));

  it('are five by name, and all counted', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    expect(takenIds(ids.slice(0, 5), 'user', 'token')[0]).toContain(
      '5 ids of users are already those of tokens (a, b, c, d, e):',
    );
    expect(takenIds(ids, 'user', 'token')[0]).toContain(
      '7 ids of users are already those of tokens (a, b, c, d, e, 2 more):',
    );
  });
});
