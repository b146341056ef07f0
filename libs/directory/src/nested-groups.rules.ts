/** A group before its nested groups were walked. */
export interface NestedGroup {
  readonly key: string;
  readonly memberIds: readonly string[];
  readonly nestedKeys: readonly string[];
}

/**
 * Who is in each group, nested groups included at any depth; by group key. Groups that hold one another are no fault:
 * each is visited once. Keys that no group has are passed over.
 */
export function flattenedMembers(groups: readonly NestedGroup[]): Map<string, string[]> {
  const byKey = new Map(groups.map((group) => [group.key, group]));
  return new Map(groups.map((group) => [group.key, membersBelow(group, byKey)]));
}

function membersBelow(top: NestedGroup, byKey: ReadonlyMap<string, NestedGroup>): string[] {
  const visited = new Set<string>([top.key]);
  const members = new Set<string>();
  // A list instead of recursion: a long chain of groups is no deeper than one.
  const open = [top];
  for (let group = open.pop(); group; group = open.pop()) {
    for (const id of group.memberIds) members.add(id);
    for (const key of group.nestedKeys) {
      const nested = byKey.get(key);
      if (!nested || visited.has(key)) continue;
      visited.add(key);
      open.push(nested);
    }
  }
  return [...members].sort();
}
