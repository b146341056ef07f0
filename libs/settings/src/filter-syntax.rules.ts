/** What cannot be read of a filter: where, counted in characters from 1, and what would be right there. */
interface FilterFault {
  readonly at: number;
  readonly right: string;
}

const ATTRIBUTE = /[a-z][a-z0-9-]*/iy;
// `attribute:dn:rule:=`, each of the three optional but not all of them missing (RFC 4515, section 3: "extensible")
const EXTENSIBLE = /(?:[a-z][a-z0-9-]*)?(?::dn)?(?::[a-z0-9][a-z0-9.-]*)?:=/iy;
const COMPARISON = /=|>=|<=|~=/y;
const DEEPEST = 100;

/**
 * What would be right, where `text` is no LDAP filter in the text form of RFC 4515; undefined where it is one. Two
 * things that the RFC allows are refused, because clients read them differently: attributes by number or with options,
 * and characters beyond ASCII as escaped bytes, which stand as themselves instead.
 */
export function filterFault(text: string): string | undefined {
  const end = readFilter(text, 0, 0);
  if (typeof end === 'number') {
    return end === text.length ? undefined : sentence({ at: end, right: 'the filter has ended before it' });
  }
  return sentence(end);
}

function sentence({ at, right }: FilterFault): string {
  return `write it as (objectClass=person), (&(…)(…)), (|(…)(…)) or (!(…)): at character ${at + 1} ${right}`;
}

/** Reads one filter in parentheses. @returns where it ends, or what is wrong */
function readFilter(text: string, start: number, depth: number): number | FilterFault {
  if (text[start] !== '(') return { at: start, right: '"(" is missing' };
  if (depth >= DEEPEST) return { at: start, right: `it is more than ${DEEPEST} filters deep` };
  const operator = text[start + 1];
  const end =
    operator === '&' || operator === '|' || operator === '!'
      ? readOperands(text, start + 2, { most: operator === '!' ? 1 : Infinity, depth: depth + 1 })
      : readComparison(text, start + 1);
  if (typeof end !== 'number') return end;
  return text[end] === ')' ? end + 1 : { at: end, right: '")" is missing' };
}

function readOperands(
  text: string,
  start: number,
  { most, depth }: { most: number; depth: number },
): number | FilterFault {
  let at = start;
  for (let count = 0; count < most && (count === 0 || text[at] === '('); count += 1) {
    const end = readFilter(text, at, depth);
    if (typeof end !== 'number') return end;
    at = end;
  }
  return at;
}

function readComparison(text: string, start: number): number | FilterFault {
  const extensible = matchAt(EXTENSIBLE, text, start);
  if (extensible !== undefined && extensible > start + 2) return readValue(text, extensible);
  const attribute = matchAt(ATTRIBUTE, text, start);
  if (attribute === undefined) return { at: start, right: 'the name of an attribute is missing' };
  const value = matchAt(COMPARISON, text, attribute);
  if (value === undefined) return { at: attribute, right: '"=" is missing' };
  return readValue(text, value);
}

function readValue(text: string, start: number): number | FilterFault {
  let at = start;
  for (; at < text.length && text[at] !== ')'; at += 1) {
    if (text[at] === '(') return { at, right: 'write "(" within a value as \\28' };
    if (text[at] === '*' && text[at + 1] === '*') return { at, right: 'one "*" says what two would' };
    if (text[at] !== '\\') continue;
    if (!/^[0-9a-f]{2}$/i.test(text.slice(at + 1, at + 3)))
      return { at, right: 'two hexadecimal digits follow "\\"' };
    if (!/[0-7]/.test(text[at + 1] ?? ''))
      return { at, right: 'write characters beyond ASCII as themselves' };
    at += 2;
  }
  return at === start ? { at, right: 'a value is missing; "*" means any' } : at;
}

/** Where the match of a sticky pattern at this place ends. */
function matchAt(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
