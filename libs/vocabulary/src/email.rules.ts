import { textFault } from './text.rules.js';

const LONGEST_EMAIL = 254;
const EMAIL = /^[^\s@<>(),;:"\\[\]]{1,64}@[^\s@<>(),;:"\\[\]]{1,255}$/;

/** Whether the text is one e-mail address and nothing beside it, so that it can stand in the head of a mail. */
export function isEmail(text: string): boolean {
  return textFault(text, { maximum: LONGEST_EMAIL }) === undefined && EMAIL.test(text);
}
