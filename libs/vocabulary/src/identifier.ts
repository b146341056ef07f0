const IDENTIFIER = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a UUID in lower case; whatever is not is an unknown id, never an error. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}
