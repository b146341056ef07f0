import type { NamedEntry } from './directory-changes.rules.js';

/** Which group a name of ADMIN_GROUPS stands for by now. */
export interface Pin {
  readonly settingName: string;
  readonly group: NamedEntry & { readonly isLive: boolean };
}

/** How pins are brought to the setting, and by whom. */
export interface Pinning {
  /** A name that now belongs to another group is pinned to that one: an operator says so. */
  readonly anew: boolean;
  /** What the setting does not name loses its pin: at a start. A synchronisation may be that of an instance with an older setting. */
  readonly drops: boolean;
}

/** The pins in force, and the last one of every name that has none. */
export interface KnownPins {
  readonly pins: readonly Pin[];
  readonly dropped: readonly Pin[];
}

/** A pin, and whether anybody can use the right that it gives: an enabled user who is in its group. */
export interface ManagedPin extends Pin {
  readonly hasEnabledMember: boolean;
}

/** Said where nobody is an administrator although the setting is meant to make some: loudly, nobody could help themselves. */
export const NOBODY_ADMINISTERS =
  'ADMIN_GROUPS makes nobody an administrator: none of its groups has an enabled member. Put somebody into one of them ' +
  'in the directory, or name another group.';

/** What is to be done so that the pins follow the setting, and what an operator must know. */
export interface PinPlan {
  readonly toPin: readonly { readonly settingName: string; readonly group: NamedEntry }[];
  readonly toDrop: readonly Pin[];
  readonly warnings: readonly string[];
}

/** The id in an entry `id:UUID` of ADMIN_GROUPS; undefined where the entry is a name. */
export function pinnedId(settingName: string): string | undefined {
  return settingName.startsWith('id:') ? settingName.slice('id:'.length).toLowerCase() : undefined;
}

/** What an entry of ADMIN_GROUPS means among groups: one; none; or several, and then none of them. */
export type Meaning<Group> =
  | { readonly is: 'one'; readonly group: Group }
  | { readonly is: 'none' }
  | { readonly is: 'several'; readonly groups: readonly Group[] };

/** Which of these groups an entry means: the one of the id after `id:`, in whatever case, else those of the name, letter by letter. */
export function meaningOf<Group extends NamedEntry>(
  settingName: string,
  groups: readonly Group[],
): Meaning<Group> {
  const id = pinnedId(settingName);
  const meant = groups.filter((group) => (id === undefined ? group.name === settingName : group.id === id));
  const [group, ...others] = meant;
  if (!group) return { is: 'none' };
  return others.length > 0 ? { is: 'several', groups: meant } : { is: 'one', group };
}

/**
 * How the pins follow ADMIN_GROUPS. A name is resolved once; from then on its group's id has the right, under whatever
 * name. That the name belongs to another group now is a warning and gives nobody anything, unless an operator asks for
 * `anew`; nor does it where the name was dropped meanwhile and is named again: it meets the pin that it had. A name with no
 * group, or with two, is pinned to none.
 * @param live the live groups among which an entry is looked for, by entry
 */
export function planPins(
  settingNames: readonly string[],
  { pins, dropped }: KnownPins,
  live: ReadonlyMap<string, readonly NamedEntry[]>,
  { anew, drops }: Pinning,
): PinPlan {
  const toPin: { settingName: string; group: NamedEntry }[] = [];
  const warnings: string[] = [];
  for (const settingName of new Set(settingNames)) {
    const isOfName = (one: Pin) => one.settingName === settingName;
    const inForce = pins.find(isOfName);
    const pin = inForce ?? dropped.find(isOfName);
    const meaning = meaningOf(settingName, live.get(settingName) ?? []);
    const group = meaning.is === 'one' ? meaning.group : undefined;
    if (meaning.is === 'several') {
      warnings.push(
        `ADMIN_GROUPS: "${settingName}" is the name of several groups; write id:UUID for the one that is meant.`,
      );
    } else if (group && (!pin || (anew && pin.group.id !== group.id))) {
      toPin.push({ settingName, group });
    } else if (group && pin && pin.group.id !== group.id) {
      warnings.push(
        `ADMIN_GROUPS: "${settingName}" is now the name of the group ${group.id}, which is no administrator: ` +
          `the right ${inForce ? 'is' : 'was'} pinned to ${pin.group.id}. Run "npm run admin-groups:pin" if that is meant.`,
      );
    } else if (!group && !pin?.group.isLive) {
      warnings.push(`ADMIN_GROUPS: "${settingName}" is no group of the directory.`);
    } else if (pin && !inForce) {
      toPin.push({ settingName, group: { id: pin.group.id, name: pin.group.name } });
    }
  }
  const toDrop = drops ? pins.filter((pin) => !settingNames.includes(pin.settingName)) : [];
  return { toPin, toDrop, warnings };
}

/** Whether ADMIN_GROUPS leads to at least one enabled user; so it does where it names nothing, as nobody is missed then. */
export function isAnybodyThere(settingNames: readonly string[], pins: readonly ManagedPin[]): boolean {
  if (settingNames.length === 0) return true;
  return pins.some(
    (pin) => settingNames.includes(pin.settingName) && pin.group.isLive && pin.hasEnabledMember,
  );
}

/** What an operator must know of who is in the pinned groups: that one has no enabled member, or all of them. */
export function memberWarnings(settingNames: readonly string[], pins: readonly ManagedPin[]): string[] {
  const empty = pins.filter(
    ({ settingName, group, hasEnabledMember }) =>
      settingNames.includes(settingName) && group.isLive && !hasEnabledMember,
  );
  return [
    ...(isAnybodyThere(settingNames, pins) ? [] : [NOBODY_ADMINISTERS]),
    ...empty.map(({ settingName }) => `ADMIN_GROUPS: the group of "${settingName}" has no enabled member.`),
  ];
}
