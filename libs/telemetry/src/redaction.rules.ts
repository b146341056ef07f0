// Longer texts are cut: a log line is for a person, and no pattern below may meet a megabyte.
const LONGEST_TEXT = 2_000;

/** What stands in place of a secret. */
export const REDACTED = '[redacted]';

// The order matters: whole credentials first, then what is known by its own beginning.
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/\b(authorization|cookie|set-cookie)(["']?\s*[:=]\s*).*/gi, `$1$2${REDACTED}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${REDACTED}`],
  [/(:\/\/)[^\s/?#@]*@/g, `$1${REDACTED}@`], // credentials in a URL: the pool puts its own into some errors
  [
    /\b(password|passwd|client_secret|access_token|refresh_token|subject_token|token)(["']?\s*[=:]\s*["']?)[^\s&"',}]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*/g, REDACTED], // any JWT, any part of it that begins one
  [/tws_[A-Za-z0-9_-]+/g, REDACTED], // a session
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, REDACTED],
];

/**
 * The text without anything that looks like a secret: tokens, sessions, credentials of headers, forms and URLs, private
 * keys. The second line of defence: what must not be logged is not to be handed in.
 */
export function redacted(text: string): string {
  const bounded = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return SECRETS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), bounded);
}
