import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/** What these rules need to know of what an answer of the directory changed. */
export interface ChangedDirectory {
  readonly users: readonly { readonly action: string; readonly id: string }[];
  readonly groups: readonly { readonly action: string; readonly id: string }[];
}

/** Whom a change of the directory concerns beyond users and groups, by ids. */
export interface Consequences {
  /** Users whose live tokens are suspended: they resolve again when the user is enabled and somebody resumes them. */
  readonly suspended: readonly string[];
  /** Users who are ACTIVE again: what of an earlier suspension still waits to be written is written before. */
  readonly enabled: readonly string[];
  /** Users whose live tokens are revoked, so that a re-created user of the same name gets nothing back. */
  readonly revoked: readonly string[];
  /** Groups whose accounts are orphaned where no other group of theirs lives. */
  readonly goneGroups: readonly string[];
  /** Groups whose orphaned accounts are what they were before, within the grace. */
  readonly returnedGroups: readonly string[];
}

/** What follows from a change of the directory (rules 10 and 11). Enabling resumes nothing: that is for a person to do. */
export function consequencesOf({ users, groups }: ChangedDirectory): Consequences {
  const idsOf = (changes: ChangedDirectory['users'], action: string) =>
    changes.filter((change) => change.action === action).map(({ id }) => id);
  return {
    suspended: idsOf(users, 'disabled'),
    enabled: idsOf(users, 'enabled'),
    revoked: idsOf(users, 'removed'),
    goneGroups: idsOf(groups, 'removed'),
    returnedGroups: idsOf(groups, 'returned'),
  };
}

/** The latest moment at which an account was orphaned that nobody can bring back at `now` any more. */
export function graceBegan(now: Date, orphanGrace: Duration): Date {
  return new Date(now.getTime() - durationSeconds(orphanGrace) * 1_000);
}

/**
 * Principals in parts that have no more tokens together than that, in their order; one that has more alone is a part by
 * itself.
 * @param counts tokens by principal
 */
export function partsOf(counts: ReadonlyMap<string, number>, most: number): string[][] {
  const parts: string[][] = [];
  let tokens = Infinity;
  for (const [id, count] of counts) {
    tokens += count;
    if (tokens > most) {
      parts.push([]);
      tokens = count;
    }
    parts.at(-1)?.push(id);
  }
  return parts;
}

/** How many tokens these principals have together. */
export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
