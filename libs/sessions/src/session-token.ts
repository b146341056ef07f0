import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'tws_';
const FORM = /^tws_[A-Za-z0-9_-]{43}$/;

/** A new session token: 256 random bits behind a beginning that secret scanners recognise. Never stored. */
export function newSessionToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** Whether a bearer's value is meant as a session and not as an access token; whether it is a good one is another question. */
export function isSessionToken(value: string): boolean {
  return value.startsWith(PREFIX);
}

/** What is stored in its place, and found by: SHA-256, which is enough for 256 random bits. Undefined for other shapes. */
export function hashOfSessionToken(token: string): Buffer | undefined {
  return FORM.test(token) ? createHash('sha256').update(token).digest() : undefined;
}
