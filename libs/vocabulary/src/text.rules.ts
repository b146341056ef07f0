import { invalidInput } from './problem.js';

/** The longest texts, in code points. */
export const TEXT_LIMITS = {
  name: 100,
  description: 1_000,
  reason: 1_000,
  search: 200,
  idempotencyKey: 100,
  username: 256,
  password: 1_000,
} as const;

/** What a text may be. */
export interface TextBounds {
  /** In code points. */
  readonly maximum: number;
  /** Whether line breaks are welcome, as in a description. */
  readonly lines?: boolean;
}

// Controls of C0 and C1 and the two separators that break lines where nobody expects it.
// eslint's no-control-regex is about typos; these are meant, hence the escapes by property.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const CONTROL_BUT_LINE_BREAKS = /[\p{Cc}\u2028\u2029]/gu;
const LONE_SURROGATE = /\p{Surrogate}/u;
// Nothing that a reader could see: white space, default-ignorable and format characters, the blank Braille cell.
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\p{Cf}\p{Z}\u2800]/u;

/** What would be right, as a sentence, where the text cannot be taken; undefined where it can. Kept as written. */
export function textFault(value: string, bounds: TextBounds): string | undefined {
  // Twice the code points is the most UTF-16 they can take: no need to count a text of a megabyte.
  if (value.length > bounds.maximum * 2 || [...value].length > bounds.maximum) {
    return `At most ${bounds.maximum} characters.`;
  }
  if (LONE_SURROGATE.test(value)) return 'Only whole characters: this holds half of a surrogate pair.';
  if (holdsControl(value, bounds.lines ?? false)) {
    return bounds.lines ? 'No control characters but line breaks.' : 'No control characters, no line breaks.';
  }
  if (!VISIBLE.test(value)) return 'It must hold at least one visible character.';
  return undefined;
}

function holdsControl(value: string, lines: boolean): boolean {
  if (!lines) return CONTROL.test(value);
  return (value.match(CONTROL_BUT_LINE_BREAKS) ?? []).some((found) => !['\n', '\r'].includes(found));
}

/**
 * The text, unchanged.
 * @throws Problem `INVALID_INPUT` on `field` where it is too long, blank, or holds what no text may
 */
export function checkedText(value: string, field: string, bounds: TextBounds): string {
  const fault = textFault(value, bounds);
  if (fault !== undefined) throw invalidInput(field, fault);
  return value;
}
