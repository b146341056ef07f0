import { describe, expect, it } from '@jest/globals';
import {
  isAnybodyThere,
  meaningOf,
  memberWarnings,
  NOBODY_ADMINISTERS,
  pinnedId,
  planPins,
} from './administrator-groups.rules.js';

const OLD = { id: 'a', name: 'admins' };
const NEW = { id: 'b', name: 'admins' };
const asWritten = { anew: false, drops: true };
const anew = { anew: true, drops: true };
const pinned = (group: typeof OLD, isLive = true) => ({
  pins: [{ settingName: 'admins', group: { ...group, isLive } }],
  dropped: [],
});
const dropped = (group: typeof OLD, isLive = true) => ({
  pins: [],
  dropped: [{ settingName: 'admins', group: { ...group, isLive } }],
});
const live = (...groups: (typeof OLD)[]) => new Map([['admins', groups]]);

describe('the groups of the administrators', () => {
  it('are pinned when their name is seen first', () =>
    expect(planPins(['admins'], { pins: [], dropped: [] }, live(OLD), asWritten)).toEqual({
      toPin: [{ settingName: 'admins', group: OLD }],
      toDrop: [],
      warnings: [],
    }));

  it('stay pinned, and nothing is done again', () =>
    expect(planPins(['admins'], pinned(OLD), live(OLD), asWritten)).toEqual({
      toPin: [],
      toDrop: [],
      warnings: [],
    }));

  it('keep the right under another name', () =>
    expect(planPins(['admins'], pinned({ id: 'a', name: 'root' }), live(), asWritten)).toEqual({
      toPin: [],
      toDrop: [],
      warnings: [],
    }));

  it('do not pass it on to a group that was made anew under the name', () => {
    const plan = planPins(['admins'], pinned(OLD, false), live(NEW), asWritten);
    expect(plan.toPin).toEqual([]);
    expect(plan.warnings[0]).toContain('admin-groups:pin');
  });

  it('are pinned anew when an operator asks for it', () =>
    expect(planPins(['admins'], pinned(OLD, false), live(NEW), anew).toPin).toEqual([
      { settingName: 'admins', group: NEW },
    ]));

  it('are none of two that have the name', () => {
    const plan = planPins(['admins'], { pins: [], dropped: [] }, live(OLD, NEW), anew);
    expect(plan.toPin).toEqual([]);
    expect(plan.warnings[0]).toContain('several groups');
  });

  it('lose the right with their name in the setting', () =>
    expect(planPins([], pinned(OLD), live(), asWritten).toDrop).toEqual(pinned(OLD).pins));

  it('keep it where the setting that does not name them may be an older one', () =>
    expect(planPins([], pinned(OLD), live(), { anew: false, drops: false }).toDrop).toEqual([]));

  it('have it again, and no other group of their name, when a dropped name is named again', () => {
    expect(planPins(['admins'], dropped(OLD), live(OLD), asWritten).toPin).toEqual([
      { settingName: 'admins', group: OLD },
    ]);
    const renamed = planPins(['admins'], dropped({ id: 'a', name: 'root' }), live(), asWritten);
    expect(renamed.toPin).toEqual([{ settingName: 'admins', group: { id: 'a', name: 'root' } }]);
    for (const isLive of [true, false]) {
      const plan = planPins(['admins'], dropped(OLD, isLive), live(NEW), asWritten);
      expect(plan.toPin).toEqual([]);
      expect(plan.warnings[0]).toContain('admin-groups:pin');
    }
    expect(planPins(['admins'], dropped(OLD, false), live(NEW), anew).toPin).toEqual([
      { settingName: 'admins', group: NEW },
    ]);
  });

  it('are missed aloud where no group has the name, or the pinned one is gone', () => {
    expect(planPins(['admins'], { pins: [], dropped: [] }, live(), asWritten).warnings).toHaveLength(1);
    expect(planPins(['admins'], pinned(OLD, false), live(), asWritten).warnings).toHaveLength(1);
  });

  it('may be named by id', () => {
    const one = { id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11', name: 'admins' };
    const other = { id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12', name: `id:${one.id}` };
    expect(meaningOf(`id:${one.id.toUpperCase()}`, [one, other])).toEqual({ is: 'one', group: one });
    expect(meaningOf(one.id, [one, other])).toEqual({ is: 'none' });
    expect(meaningOf('Admins', [one])).toEqual({ is: 'none' });
    expect(meaningOf('admins', [one, { ...other, name: 'admins' }])).toMatchObject({ is: 'several' });
    expect(pinnedId('id:7E1B9D34-2c68-4a57-8f90-3b6d5a4c2e11')).toBe('7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11');
    expect(pinnedId('platform-admins')).toBeUndefined();
  });
});

describe('who is in the groups of the administrators', () => {
  const pin = (settingName: string, hasEnabledMember: boolean, isLive = true) => ({
    ...{ settingName, hasEnabledMember },
    group: { id: settingName, name: settingName, isLive },
  });

  it('is no matter of concern while each has an enabled member', () => {
    const pins = [pin('admins', true), pin('root', true)];
    expect(memberWarnings(['admins', 'root'], pins)).toEqual([]);
    expect(isAnybodyThere(['admins', 'root'], pins)).toBe(true);
  });

  it('is said by group where one has none', () => {
    const pins = [pin('admins', true), pin('root', false)];
    expect(memberWarnings(['admins', 'root'], pins)).toEqual([
      'ADMIN_GROUPS: the group of "root" has no enabled member.',
    ]);
    expect(isAnybodyThere(['admins', 'root'], pins)).toBe(true);
  });

  it('is nobody where none has one, or none is pinned, or lives, or is named any more', () => {
    for (const pins of [[pin('admins', false)], [], [pin('admins', true, false)], [pin('others', true)]]) {
      expect(isAnybodyThere(['admins'], pins)).toBe(false);
      expect(memberWarnings(['admins'], pins)[0]).toBe(NOBODY_ADMINISTERS);
    }
    expect(memberWarnings(['admins'], [pin('admins', false)])).toHaveLength(2);
  });

  it('is asked of nobody where the setting names no group', () => {
    expect(isAnybodyThere([], [])).toBe(true);
    expect(memberWarnings([], [])).toEqual([]);
  });
});
