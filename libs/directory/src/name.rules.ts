import { textFault, TEXT_LIMITS } from '@tokenwarden/vocabulary';

/** What a name of a user or a group is, behind "A username is" or alone. */
export const NAME_IN_WORDS = `a text of 1 to ${TEXT_LIMITS.username} characters, no control characters, not blank`;

/** Whether a text can be a name of a user or a group, or what they are shown as. */
export function isName(text: string): boolean {
  return textFault(text, { maximum: TEXT_LIMITS.username }) === undefined;
}
