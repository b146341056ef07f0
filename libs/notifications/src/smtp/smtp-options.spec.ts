import { describe, expect, it } from '@jest/globals';
import { ATTEMPT_SECONDS } from '../outbox/channel-sender.js';
import { mailSettingsOf } from '../../test/mailing.js';
import { smtpOptions } from './smtp-options.js';

const optionsOf = (url: string) => smtpOptions(mailSettingsOf(url).server);

describe('a connection to the mail server', () => {
  it('with a password has to be encrypted, to the very server', () =>
    expect(optionsOf('smtp://me:secret@mail.example')).toMatchObject({
      secure: false,
      requireTLS: true,
      ignoreTLS: false,
      opportunisticTLS: false,
      tls: { rejectUnauthorized: true },
    }));
  it('of smtps is encrypted from the start, to the very server', () =>
    expect(optionsOf('smtps://mail.example')).toMatchObject({
      secure: true,
      tls: { rejectUnauthorized: true },
    }));
  it('without a password is encrypted where that can be', () =>
    expect(optionsOf('smtp://mail.example')).toMatchObject({
      requireTLS: false,
      ignoreTLS: false,
      opportunisticTLS: true,
      tls: { rejectUnauthorized: false },
    }));
  it.each(['127.0.0.1', '[::1]', 'localhost'])('on this machine (%s) is left as it is', (host) =>
    expect(optionsOf(`smtp://me:secret@${host}`)).toMatchObject({ requireTLS: false, ignoreTLS: true }),
  );
  it('is waited for within bounds that end before the claim does', () => {
    const {
      connectionTimeout = 0,
      greetingTimeout = 0,
      socketTimeout = 0,
      dnsTimeout = 0,
    } = optionsOf('smtp://a');
    for (const timeout of [connectionTimeout, greetingTimeout, dnsTimeout]) expect(timeout).toBe(10_000);
    expect(socketTimeout).toBe(20_000);
    expect(connectionTimeout + socketTimeout).toBeLessThan(ATTEMPT_SECONDS * 1_000);
  });
});
