import { invalidInput } from './problem.js';

/** `resource:action`, the resource a `/`-path; `*` as the last part of the path or as the action stands for all of them. */
export type Scope = string;

/** The most scopes a token or a group may name. */
export const MAXIMUM_SCOPES = 100;
/** The longest scope, in characters. */
export const MAXIMUM_SCOPE_LENGTH = 200;
/** The longest list of scopes, joined by single spaces as in the claim `scope`. */
export const MAXIMUM_JOINED_LENGTH = 2_000;

const PART = /^[A-Za-z0-9._-]+$/;

/** Whether the text is a scope: at most 200 characters of ASCII, wildcards only as the whole last part or action. */
export function isScope(text: string): boolean {
  if (text.length > MAXIMUM_SCOPE_LENGTH) return false;
  const [path, action, ...more] = text.split(':');
  if (path === undefined || action === undefined || more.length > 0) return false;
  const parts = path.split('/');
  const isLast = (index: number) => index === parts.length - 1;
  return (
    (action === '*' || isPart(action)) &&
    parts.every((part, i) => isPart(part) || (part === '*' && isLast(i)))
  );
}

function isPart(text: string): boolean {
  return PART.test(text) && text !== '.' && text !== '..';
}

/**
 * Whether holding `held` is enough for `asked`. A path wildcard covers everything below it at any depth, the wildcards
 * below and itself, but not the thing itself; the path `*` covers every resource. Letter case counts.
 */
export function covers(held: Scope, asked: Scope): boolean {
  const [heldPath, heldAction] = halves(held);
  const [askedPath, askedAction] = halves(asked);
  return (heldAction === '*' || heldAction === askedAction) && coversPath(heldPath, askedPath);
}

function coversPath(held: string, asked: string): boolean {
  if (held === '*' || held === asked) return true;
  return held.endsWith('/*') && asked.startsWith(held.slice(0, -1));
}

type Halves = readonly [path: string, action: string];

function halves(scope: Scope): Halves {
  const colon = scope.indexOf(':');
  return [scope.slice(0, colon), scope.slice(colon + 1)];
}

/** The place in `asked` of the first scope that none of `held` covers, or -1. */
export function firstNotCovered(held: readonly Scope[], asked: readonly Scope[]): number {
  return asked.findIndex((scope) => !held.some((one) => covers(one, scope)));
}

/** What both lists allow: of each overlapping pair the narrower path with the narrower action; sorted, nothing twice. */
export function intersection(one: readonly Scope[], other: readonly Scope[]): Scope[] {
  const others = other.map(halves);
  return withoutCovered(one.map(halves).flatMap((a) => others.flatMap((b) => overlap(a, b) ?? [])));
}

function overlap([pathA, actionA]: Halves, [pathB, actionB]: Halves): Scope | undefined {
  const path = coversPath(pathA, pathB) ? pathB : coversPath(pathB, pathA) ? pathA : undefined;
  const action = actionA === '*' ? actionB : actionB === '*' || actionA === actionB ? actionA : undefined;
  return path === undefined || action === undefined ? undefined : `${path}:${action}`;
}

/**
 * The same rights in as few scopes as there are: sorted by code point, without what another one covers. A principal of
 * many groups has thousands, and every answer of resolving asks: so each looks up who could cover it, not all for each.
 */
export function withoutCovered(scopes: readonly Scope[]): Scope[] {
  const unique = new Set(scopes);
  return [...unique]
    .filter((scope) => !coveringScopes(scope).some((other) => other !== scope && unique.has(other)))
    .sort();
}

/**
 * Every scope that covers this one, itself included: as few as the parts of its path, twice. Holding one of them is
 * holding this one, so that a database can look for it by what two lists have in common.
 */
export function coveringScopes(scope: Scope): Scope[] {
  const [path, action] = halves(scope);
  const paths = ['*', path];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    paths.push(`${path.slice(0, slash)}/*`);
  }
  return paths.flatMap((one) => [`${one}:*`, `${one}:${action}`]);
}

/**
 * The scopes of an input: duplicates dropped, sorted, otherwise as written.
 * @throws Problem `INVALID_INPUT` on `field` for the list as a whole, on `field.N` for one of it
 */
export function checkedScopes(list: readonly string[], field: string): Scope[] {
  if (list.length === 0) throw invalidInput(field, 'Name at least one scope, or leave the list out.');
  const scopes = checkedGrants(list, field);
  if (scopes.join(' ').length > MAXIMUM_JOINED_LENGTH) {
    throw invalidInput(
      field,
      `Joined by spaces the scopes may have ${MAXIMUM_JOINED_LENGTH} characters at most; use wildcards.`,
    );
  }
  return scopes;
}

/**
 * The grants of a group, which may be none: duplicates dropped, sorted.
 * @throws Problem `INVALID_INPUT` on `field` for the list as a whole, on `field.N` for one of it
 */
export function checkedGrants(list: readonly string[], field: string): Scope[] {
  const wrong = list.findIndex((scope) => !isScope(scope));
  if (wrong >= 0) {
    throw invalidInput(
      `${field}.${wrong}`,
      'A scope is resource:action, as dataset/sales/orders:read, of letters, digits, ".", "_" and "-"; "*" only as the whole last part of the path or as the whole action; at most 200 characters.',
    );
  }
  const unique = [...new Set(list)].sort();
  if (unique.length > MAXIMUM_SCOPES)
    throw invalidInput(field, `At most ${MAXIMUM_SCOPES} scopes; use wildcards.`);
  return unique;
}
