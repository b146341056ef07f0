import { SESSION_COOKIE } from '@tokenwarden/api';
import { isLoopback } from '@tokenwarden/settings';

/** Whether the cookie may travel without TLS: nowhere but on this machine's own loopback. */
export function isCookieSecure(publicUrl: string): boolean {
  const url = new URL(publicUrl);
  return url.protocol !== 'http:' || !isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
}

/** `Set-Cookie` for a session of so many seconds: out of scripts' reach, and never sent along from another site. */
export function sessionCookie(token: string, maxAgeSeconds: number, isSecure: boolean): string {
  const secure = isSecure ? ' Secure;' : '';
  return `${SESSION_COOKIE}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly;${secure} SameSite=Strict`;
}

/** `Set-Cookie` that makes the browser forget the session. */
export function endedCookie(isSecure: boolean): string {
  return sessionCookie('', 0, isSecure);
}
