import { invalidInput, type Problem } from '@tokenwarden/vocabulary';
import { fieldPath } from '../edge/field-path.js';

/** A JSON value by RFC 8259. */
export type JsonBody =
  null | boolean | number | string | readonly JsonBody[] | { readonly [key: string]: JsonBody };

/** One object or list that the reader is inside of. */
interface Enclosure {
  /** The keys so far; undefined in a list. */
  readonly keys?: Set<string>;
  /** The key or the index of what is read now. */
  at: string | number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LONGEST_NAME = 100;

/**
 * A request's JSON body, read so that every reader of the same bytes understands the same: UTF-8 alone, no key twice in one
 * object, no `__proto__`. An empty body is undefined.
 * @throws Problem `INVALID_INPUT`, on the path of the key at fault
 */
export function readJsonBody(body: Buffer): JsonBody | undefined {
  if (body.length === 0) return undefined;
  const [text, value] = parsed(body);
  const fault = keyAtFault(text);
  if (fault) throw fault;
  return value;
}

function parsed(body: Buffer): [text: string, value: JsonBody] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return [text, JSON.parse(text) as JsonBody];
  } catch {
    throw invalidInput(undefined, 'A body that is JSON, in UTF-8.');
  }
}

/** Walks over a text that is known to be JSON; without recursion, for depth costs a sender nothing. */
function keyAtFault(text: string): Problem | undefined {
  const path: Enclosure[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{') path.push({ keys: new Set(), at: '' });
    else if (character === '[') path.push({ at: 0 });
    else if (character === '}' || character === ']') path.pop();
    else if (character === ',') next(path.at(-1));
    else if (character === '"') {
      const end = endOfString(text, i);
      const { keys } = path.at(-1) ?? {};
      if (keys && isKey(text, end)) {
        const problem = faultOfKey(JSON.parse(text.slice(i, end + 1)) as string, keys, path);
        if (problem) return problem;
      }
      i = end;
    }
  }
  return undefined;
}

function faultOfKey(key: string, keys: Set<string>, path: readonly Enclosure[]): Problem | undefined {
  const enclosure = path.at(-1);
  if (enclosure) enclosure.at = key;
  if (key === '__proto__') return invalidInput(fieldOf(path), 'There is no such field.');
  if (keys.has(key)) return invalidInput(fieldOf(path), 'This field may be given once.');
  keys.add(key);
  return undefined;
}

function next(enclosure: Enclosure | undefined): void {
  if (typeof enclosure?.at === 'number') enclosure.at += 1;
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return end;
}

function isKey(text: string, end: number): boolean {
  for (let i = end + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) return true;
    if (code === COMMA || code > 0x20) return false;
  }
  return false;
}

// Of a GraphQL request what its sender thinks in are the variables; what is around them has no name of theirs.
function fieldOf(path: readonly Enclosure[]): string | undefined {
  const [first = '', ...inner] = path.map(({ at }) => String(at).slice(0, LONGEST_NAME));
  if (first === 'variables' && inner.length > 0) return fieldPath(inner);
  return ['query', 'variables', 'operationName', 'extensions'].includes(first)
    ? undefined
    : fieldPath([first, ...inner]);
}
