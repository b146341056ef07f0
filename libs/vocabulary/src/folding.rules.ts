/** The text as a search compares it: letter case folded in Unicode, composed and decomposed forms alike. */
export function foldedForSearch(text: string): string {
  return folded(text.normalize('NFC')).normalize('NFC');
}

// Nearly every username: its canonical form is its lower case, a hundred thousand times over.
const PLAIN_NAME = /^[a-zA-Z0-9_.@-]+$/;

/**
 * The one key of a name that people type: two names are one where they differ only in case, width or form. Spaces at
 * the ends and invisible characters do not make another name either (CVE-2025-6004, -6013).
 */
export function canonicalName(text: string): string {
  return PLAIN_NAME.test(text) ? text.toLowerCase() : canonicalForm(text);
}

/** What `canonicalName` gives, without its short way for plain names. */
export function canonicalForm(text: string): string {
  return folded(text.normalize('NFKC'))
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

// JavaScript has no case folding; upper then lower brings ß, ﬁ and final sigma to the same letters as their relatives.
function folded(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replace(/ς/gu, 'σ');
}
