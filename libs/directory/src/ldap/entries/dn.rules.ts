/** A type and its value, one of those that name an entry below another. */
interface Assertion {
  readonly type: string;
  readonly value: string;
}

// RFC 4514, section 3, and the long names of the same types: a server may use any of them.
const TYPES = new Map(
  Object.entries({
    cn: ['commonname', '2.5.4.3'],
    l: ['localityname', '2.5.4.7'],
    st: ['stateorprovincename', '2.5.4.8'],
    o: ['organizationname', '2.5.4.10'],
    ou: ['organizationalunitname', '2.5.4.11'],
    c: ['countryname', '2.5.4.6'],
    street: ['streetaddress', '2.5.4.9'],
    dc: ['domaincomponent', '0.9.2342.19200300.100.1.25'],
    uid: ['userid', '0.9.2342.19200300.100.1.1'],
  }).flatMap(([short, others]) => others.map((other) => [other, short] as const)),
);
// What nearly every DN is, a single pass without alternatives that overlap: only letter case is left to bring to one form.
const PLAIN = /^(?:(?:cn|ou|o|dc|uid|c|l|st)=[a-z0-9_.@'()-]+(?: [a-z0-9_.@'()-]+)*(?:,(?!$)|$))+$/i;
const TYPE = /^(?:[a-z][a-z0-9-]*|(?:oid\.)?\d+(?:\.\d+)*)$/i;
const PLACES = new Set(['ou', 'o', 'dc', 'c', 'l', 'st', 'street']);
const HEX_PAIR = /^[0-9a-f]{2}$/i;
// The bit string that a value of `uniqueMember` may end in (RFC 4517, 3.3.21): it tells apart who had one DN in turn.
const UNIQUE_IDENTIFIER = /#'[01]*'B$/;

// No directory names an entry at such length, and reading one takes time by its length.
const LONGEST = 8 * 1_024;

/**
 * The one spelling of a DN (RFC 4514): two texts are the same where they name the same entry, whatever their letter
 * case, spaces, escapes and names of types. Commas in it part names and nothing else. Undefined where it is no DN, or longer than 8 KiB.
 */
export function canonicalDn(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  if (PLAIN.test(text)) return text.toLowerCase();
  const names = parsedDn(text);
  return names?.map(spelledName).join(',');
}

/** The DN in a name that may have a unique identifier behind it (RFC 4517, 3.3.21). */
export function withoutUniqueIdentifier(text: string): string {
  return text.replace(UNIQUE_IDENTIFIER, '');
}

/** Whether the entry is the base or stands below it; both canonical. */
export function isAtOrBelow(dn: string, base: string): boolean {
  return base === '' || dn === base || dn.endsWith(`,${base}`);
}

/**
 * Where an entry stands, for a log: the nearest unit, organisation, domain or place above it; nothing that is named after
 * a person. Empty where there is none.
 */
export function placeOf(dn: string): string {
  const names = parsedDn(dn)?.slice(1) ?? [];
  const nearest = names.findIndex(([assertion]) => PLACES.has(assertion?.type ?? ''));
  return nearest < 0 ? '' : names.slice(nearest).map(spelledName).join(',');
}

/** The canonical value by which the entry is named, where it is named by that type. */
export function namingValue(dn: string, type: string): string | undefined {
  const first = parsedDn(dn)?.[0];
  return first?.find((assertion) => assertion.type === type.toLowerCase())?.value;
}

/** A value of a DN as the servers compare it: letter case, width, composed or not, and repeated spaces do not count. */
export function canonicalValue(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/ς/gu, 'σ');
  return folded.replace(/\s+/gu, ' ').trim();
}

function spelledName(name: readonly Assertion[]): string {
  return name.map(spelled).sort().join('+');
}

// By code point, so that a comma that stands bare is always one between names.
function spelled({ type, value }: Assertion): string {
  const escaped = value.replace(
    /[\\,;+="]|^#/g,
    (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `${type}=${escaped}`;
}

/** Each name of the DN, from the entry's own to the root's. */
function parsedDn(text: string): Assertion[][] | undefined {
  if (text.length > LONGEST) return undefined;
  if (text.trim() === '') return [];
  const names: Assertion[][] = [[]];
  let rest = text;
  for (;;) {
    const assertion = nextAssertion(rest);
    if (!assertion) return undefined;
    names.at(-1)?.push({ type: assertion.type, value: canonicalValue(assertion.value) });
    if (assertion.separator === '') return names;
    // A semicolon is what LDAPv2 wrote for a comma.
    if (assertion.separator !== '+') names.push([]);
    rest = assertion.rest;
  }
}

interface FirstAssertion extends Assertion {
  /** What stands behind it: `+`, `,`, `;`, or nothing at the end. */
  readonly separator: string;
  readonly rest: string;
}

function nextAssertion(text: string): FirstAssertion | undefined {
  const equals = text.indexOf('=');
  const type = text
    .slice(0, equals)
    .trim()
    .toLowerCase()
    .replace(/^oid\./, '');
  if (equals < 0 || !TYPE.test(type)) return undefined;
  const written = text.slice(equals + 1).trimStart();
  const end = endOfValue(written);
  const value = end === undefined ? undefined : unescaped(written.slice(0, end));
  if (value === undefined || end === undefined) return undefined;
  return {
    type: TYPES.get(type) ?? type,
    value,
    separator: written.slice(end, end + 1),
    rest: written.slice(end + 1),
  };
}

/** Where the value at the start of the text ends; undefined where a quotation or an escape has no end. */
function endOfValue(text: string): number | undefined {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && ',;+'.includes(character)) return at;
    if (at >= text.length) return undefined;
  }
  return isQuoted ? undefined : text.length;
}

function unescaped(written: string): string | undefined {
  const text = written.trimEnd();
  if (text.startsWith('#')) return textOfBer(text.slice(1));
  let value = '';
  let bytes: number[] = [];
  const takeBytes = (): boolean => {
    const decoded = textOf(Uint8Array.from(bytes));
    bytes = [];
    value += decoded ?? '';
    return decoded !== undefined;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    const pair = text.slice(at + 1, at + 3);
    if (character === '\\' && HEX_PAIR.test(pair)) {
      bytes.push(Number.parseInt(pair, 16));
      at += 2;
      continue;
    }
    // Escaped bytes that stand side by side are one run of UTF-8.
    if (!takeBytes()) return undefined;
    // The space that trimEnd took may have been an escaped one: it does not count either way.
    if (character === '\\') value += text[(at += 1)] ?? ' ';
    else if (character !== '"') value += character;
  }
  return takeBytes() ? value : undefined;
}

/** A value written as the bytes of its BER form (RFC 4514, 2.4): a string of any kind, of less than 128 bytes. */
function textOfBer(hexadecimal: string): string | undefined {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hexadecimal)) return undefined;
  const bytes = Uint8Array.from(hexadecimal.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return bytes[1] === bytes.length - 2 ? textOf(bytes.subarray(2)) : undefined;
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
