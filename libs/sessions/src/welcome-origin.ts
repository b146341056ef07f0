import { isLoopback } from '@tokenwarden/settings';

/**
 * Whether a browser may make this request from where its page comes (the header `Origin`): our own pages and those of
 * ALLOWED_ORIGINS. Without the header it is no page of another site. On loopback every name of this machine is our own.
 */
export function isWelcomeOrigin(
  origin: string | undefined,
  { publicUrl, allowedOrigins }: { publicUrl: string; allowedOrigins: readonly string[] },
): boolean {
  if (origin === undefined) return true;
  const own = new URL(publicUrl);
  if (origin === own.origin || allowedOrigins.includes(origin)) return true;
  if (!isLoopback(hostOf(own)) || !URL.canParse(origin)) return false;
  const other = new URL(origin);
  return (
    other.origin === origin &&
    other.protocol === own.protocol &&
    other.port === own.port &&
    isLoopback(hostOf(other))
  );
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
