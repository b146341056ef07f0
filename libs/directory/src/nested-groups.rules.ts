import { atOnce } from './stepwise.rules.js';

/** A group before its nested groups were walked. */
export interface NestedGroup {
  readonly key: string;
  readonly memberIds: readonly string[];
  readonly nestedKeys: readonly string[];
}

/** Groups of which each holds all others, at any depth: whoever is in one is in each. Mostly one group alone. */
interface Circle {
  readonly groups: NestedGroup[];
  /** Those below it. */
  readonly nested: Set<Circle>;
  members: readonly string[];
}

// So many steps are far below a millisecond.
const STEPS_AT_ONCE = 1_000;

/**
 * Who is in each group, nested groups included at any depth, by group key; each member once, in no order. Groups that
 * hold one another are no fault. Keys that no group has are passed over. Undefined where the groups together would have
 * more members than `most`: what some nesting multiplies fits no memory.
 *
 * The time grows with the groups, their nestings and the members found, however deep or circular the nesting is. It
 * stops again and again, so that others get a turn.
 */
export function* flatteningMembers(
  groups: readonly NestedGroup[],
  most = Number.POSITIVE_INFINITY,
): Generator<void, Map<string, readonly string[]> | undefined> {
  const found = new Map<string, readonly string[]>();
  let count = 0;
  // Nested ones come first, so that each circle is the union of few lists that are known already.
  for (const circle of yield* circlesOf(groups)) {
    circle.members = yield* unionOf(circle, most);
    count += circle.members.length * circle.groups.length;
    if (count > most) return undefined;
    for (const { key } of circle.groups) found.set(key, circle.members);
  }
  return found;
}

/**
 * Who is in each group, as `flatteningMembers` says it: for so few groups that nobody has to wait.
 */
export function flattenedMembers(groups: readonly NestedGroup[]): Map<string, readonly string[]> {
  return atOnce(flatteningMembers(groups)) ?? new Map<string, readonly string[]>();
}

function* unionOf(circle: Circle, most: number): Generator<void, readonly string[]> {
  const nested = [...circle.nested].map(({ members }) => members);
  // A long chain of groups that name nobody themselves is one list.
  const [only] = nested;
  if (only && nested.length === 1 && circle.groups.every(({ memberIds }) => memberIds.length === 0))
    return only;
  const members = new Set<string>();
  let steps = 0;
  for (const list of [...circle.groups.map(({ memberIds }) => memberIds), ...nested]) {
    for (const id of list) {
      members.add(id);
      if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
      if (members.size > most) return [...members];
    }
  }
  yield;
  // As is one of groups whose own members are below them as well.
  return nested.find((list) => list.length === members.size) ?? [...members];
}

/** One group on the way down, and how far its nested ones were looked at. */
interface Step {
  readonly group: NestedGroup;
  readonly index: number;
  /** The least index that can be reached from it and is not in a finished circle. */
  lowest: number;
  next: number;
}

/** The circles, each behind those that it holds (Tarjan's algorithm; a list instead of recursion, for deep chains). */
function* circlesOf(groups: readonly NestedGroup[]): Generator<void, Circle[]> {
  const byKey = new Map(groups.map((group) => [group.key, group]));
  const indexes = new Map<string, number>();
  const circles = new Map<string, Circle>();
  const finished: Circle[] = [];
  const open: NestedGroup[] = [];
  let steps = 0;

  for (const top of byKey.values()) {
    if (indexes.has(top.key)) continue;
    const path: Step[] = [];
    const enter = (group: NestedGroup) => {
      path.push({ group, index: indexes.size, lowest: indexes.size, next: 0 });
      indexes.set(group.key, indexes.size);
      open.push(group);
    };
    enter(top);
    for (let step = path.at(-1); step; step = path.at(-1)) {
      if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
      const key = step.group.nestedKeys[step.next];
      step.next += 1;
      const nested = key === undefined ? undefined : byKey.get(key);
      const index = nested && indexes.get(nested.key);
      if (nested && index === undefined) enter(nested);
      else if (nested && index !== undefined && !circles.has(nested.key))
        step.lowest = Math.min(step.lowest, index);
      else if (key === undefined) {
        path.pop();
        const above = path.at(-1);
        if (above) above.lowest = Math.min(above.lowest, step.lowest);
        if (step.lowest === step.index) finished.push(closed(step.group, open, circles));
      }
    }
  }
  return finished;
}

/** Takes from the open groups the circle that ends with this one. */
function closed(last: NestedGroup, open: NestedGroup[], circles: Map<string, Circle>): Circle {
  const groups = open.splice(open.lastIndexOf(last));
  const circle: Circle = { groups, nested: new Set(), members: [] };
  for (const { key } of groups) circles.set(key, circle);
  for (const key of groups.flatMap(({ nestedKeys }) => nestedKeys)) {
    const nested = circles.get(key);
    if (nested && nested !== circle) circle.nested.add(nested);
  }
  return circle;
}
