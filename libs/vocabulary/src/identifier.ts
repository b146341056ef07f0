const IDENTIFIER = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a UUID in lower case; whatever is not is an unknown id, never an error. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** No id of anybody: what is asked in vain with it takes as long as what is asked of somebody who is hidden. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';
