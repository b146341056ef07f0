import { invalidInput } from '@tokenwarden/vocabulary';

/**
 * The one field of this name, as sent. One without a value counts as left out (RFC 6749, 3.1): undefined.
 * @throws Problem `INVALID_INPUT` where the field is there twice
 */
export function oneField(form: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = form.getAll(name);
  if (others.length > 0) throw invalidInput(name, `One field "${name}", not several.`);
  return value === '' ? undefined : value;
}

/**
 * The token that a form speaks of, exactly as sent.
 * @throws Problem `INVALID_INPUT` where there is none, an empty one, or more than one
 */
export function tokenField(form: URLSearchParams): string {
  const value = oneField(form, 'token');
  if (value === undefined) throw invalidInput('token', 'Send the token as the form field "token".');
  return value;
}

/**
 * Refuses a token in the query string, where proxies and logs would keep it.
 * @throws Problem `INVALID_INPUT`
 */
export function requireNoTokenInQuery(url: string): void {
  const query = url.indexOf('?');
  if (query >= 0 && new URLSearchParams(url.slice(query)).has('token')) {
    throw invalidInput('token', 'A token belongs into the body, never into the URL.');
  }
}
