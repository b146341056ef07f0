import { textFault } from './text.rules.js';

const LONGEST_EMAIL = 254;
// Nothing that nobody sees or that turns the direction of writing, and nothing that a reader of mail would decode.
const LOCAL_PART = /^(?!.*=\?)[^\s@<>(),;:"\\[\]\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]{1,64}$/u;
const LABEL = /^(?!-)[\p{L}\p{M}\p{Nd}-]+(?<!-)$/u;
const LONGEST_DOMAIN = 255;
/** What is read as a number of an IP address, in whichever script. */
const NUMBER = /^(?:\p{Nd}+|0x[\da-f]*)$/iu;

/**
 * Whether the text is one e-mail address and nothing beside it, so that it can stand in the head of a mail and go to the domain
 * that it shows. Letters beyond ASCII are welcome on both sides; an IP address is no domain of mail.
 */
export function isEmail(text: string): boolean {
  if (textFault(text, { maximum: LONGEST_EMAIL }) !== undefined) return false;
  const at = text.lastIndexOf('@');
  return LOCAL_PART.test(text.slice(0, Math.max(at, 0))) && isDomain(text.slice(at + 1));
}

function isDomain(text: string): boolean {
  const labels = text.split('.');
  if (text.length > LONGEST_DOMAIN || !labels.every((label) => LABEL.test(label))) return false;
  // There is nothing left in it but a host: what cannot be written in ASCII, as the DNS wants it, is refused here.
  const url = `http://${text}`;
  if (NUMBER.test(labels.at(-1) ?? '') || !URL.canParse(url)) return false;
  return !NUMBER.test(new URL(url).hostname.split('.').at(-1) ?? '');
}
