import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import type { RequestOrigin } from '@tokenwarden/vocabulary';
import { requestIdOf } from './request-id.js';

const LONGEST_AGENT = 256;
const compiled = new WeakMap<readonly string[], (address: string, hop: number) => boolean>();

/**
 * Where a request came from. Forwarded addresses count only as far as trusted proxies wrote them; a user agent is cut at
 * 256 characters and has no control characters.
 * @param trustedProxies addresses and networks, as the setting TRUSTED_PROXIES lists them
 */
export function originOf(request: IncomingMessage, trustedProxies: readonly string[]): RequestOrigin {
  return {
    address: addressOf(request, trustedProxies),
    userAgent: userAgentOf(request.headers['user-agent']),
    requestId: requestIdOf(request),
  };
}

function addressOf(request: IncomingMessage, trustedProxies: readonly string[]): string | null {
  const peer = plainAddress(request.socket.remoteAddress);
  if (trustedProxies.length === 0) return peer;
  const isTrusted = compiled.get(trustedProxies) ?? proxyAddress.compile([...trustedProxies]);
  compiled.set(trustedProxies, isTrusted);
  return plainAddress(proxyAddress(request, isTrusted)) ?? peer;
}

/**
 * An IP address as we write it, an IPv4 one as such: a socket that listens on both calls it ::ffff:192.0.2.1. Null for what is
 * no address.
 */
export function plainAddress(address: string | undefined): string | null {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
  return isIP(plain) === 0 ? null : plain;
}

function userAgentOf(header: string | undefined): string | null {
  const visible =
    header?.slice(0, LONGEST_AGENT * 2).replaceAll(/[\p{Cc}\p{Surrogate}\u2028\u2029]/gu, '') ?? '';
  return visible.trim() === '' ? null : visible.slice(0, LONGEST_AGENT);
}
