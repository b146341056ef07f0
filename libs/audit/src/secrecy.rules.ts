import { invalidInput, type JsonObject, type JsonValue, type Problem } from '@tokenwarden/vocabulary';

/** What stands where something was that must not be kept. */
export const WITHHELD = '[withheld]';

/** A whole JWT, a session token, a private key, a webhook secret: whoever reads one can use it. */
const SECRETS = [
  /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/,
  /tws_[\w-]{43}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /whsec_[\w+/-]{16,}/,
];

/** Whether a text holds something that lets its reader in (rule 2). Part of a token, as its beginning, does not. */
export function holdsSecret(text: string): boolean {
  return SECRETS.some((secret) => secret.test(text));
}

/**
 * Refuses a text that the trail would not keep, before anything is done for it.
 * @param field the path of the text in the input
 * @throws Problem `INVALID_INPUT` on that path
 */
export function refuseSecret(text: string, field: string): void {
  if (holdsSecret(text)) throw secretIn(field);
}

/** That the text at this path holds a secret. */
export function secretIn(field: string): Problem {
  return invalidInput(field, 'This holds a token or another secret; leave it out.');
}

/** The text, or a mark in its place when it holds a secret. */
export function withoutSecret(text: string): string {
  return holdsSecret(text) ? WITHHELD : text;
}

/** The details with every text that holds a secret replaced by a mark, keys included. */
export function detailsWithoutSecrets(details: JsonObject): JsonObject {
  return replaced(details) as JsonObject;
}

/** The path (`reason`, `changes.0.after`) of the first text in the details that holds a secret. */
export function pathOfSecret(details: JsonValue, path: readonly string[] = []): string | undefined {
  if (typeof details === 'string') return holdsSecret(details) ? path.join('.') : undefined;
  if (details === null || typeof details !== 'object') return undefined;
  for (const [key, member] of Object.entries(details)) {
    if (holdsSecret(key)) return path.join('.');
    const found = pathOfSecret(member, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function replaced(value: JsonValue): JsonValue {
  if (typeof value === 'string') return withoutSecret(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(replaced);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [withoutSecret(key), replaced(member)]),
  );
}
