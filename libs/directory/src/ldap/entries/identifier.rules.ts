import { isIdentifier } from '@tokenwarden/vocabulary';

/**
 * How a kind of server writes its stable id:
 * - `uuid`: the text of a UUID, as `entryUUID`;
 * - `guid`: sixteen bytes, as `objectGUID`;
 * - `four-words`: four words of eight hexadecimal digits, as `nsUniqueId`.
 */
export type IdentifierForm = 'uuid' | 'guid' | 'four-words';

const FOUR_WORDS = /^[0-9a-f]{8}(?:-[0-9a-f]{8}){3}$/;
const GUID_BYTES = 16;
// Windows keeps the first three parts of a GUID as numbers, least byte first, and shows them as numbers.
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** The id as it is everywhere in Tokenwarden, a UUID in lower case (CONTRACT, "Identifiers"); undefined where it is none. */
export function identifierFrom(value: Uint8Array, form: IdentifierForm): string | undefined {
  switch (form) {
    case 'uuid': {
      const text = asciiOf(value).toLowerCase();
      return isIdentifier(text) ? text : undefined;
    }
    case 'guid':
      if (value.length !== GUID_BYTES) return undefined;
      return dashed(GUID_ORDER.map((at) => (value[at] ?? 0).toString(16).padStart(2, '0')).join(''));
    case 'four-words': {
      const text = asciiOf(value).toLowerCase();
      return FOUR_WORDS.test(text) ? dashed(text.replaceAll('-', '')) : undefined;
    }
  }
}

function dashed(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// Whatever is not ASCII is no hexadecimal digit either, and is longer than an id only where it is none.
function asciiOf(value: Uint8Array): string {
  return value.length > 64 ? '' : String.fromCharCode(...value);
}
