import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { testCertificates, until } from '../../../../test/harness/index.js';
import { enqueue } from '../outbox/enqueue.queries.js';
import { mailFor, mailing } from '../../test/mailing.js';

const world = mailing();
const ended = ({ state }: { state: string }) => state !== 'WAITING';
const deferred = ({ rest }: { rest: number | null }) => rest !== null;
const USER = 'mailer@example.org';
const PASSWORD = 'hunter2:of/mail 100%';
const FORMS = [
  PASSWORD,
  Buffer.from(PASSWORD).toString('base64'),
  Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'),
];
const signedIn = (url: string) =>
  url.replace('://', `://${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@`);

describe('a mail server that wants a sign-in', () => {
  it('gets user and password as they are, decoded', async () => {
    const server = await world.smtp({ credentials: { user: USER, password: PASSWORD } });
    await world.mailTo('ada');
    await world.process({ url: signedIn(server.url) });
    await world.untilAll(ended);
    expect(server.accepted()).toMatchObject([{ user: USER, to: 'ada@example.org' }]);
  });
  it('and refuses it, repeating the password: everything waits, and the password is in no reply and no log', async () => {
    const server = await world.smtp({ credentials: { user: USER, password: 'another' } });
    await world.mailTo('ada', 'grace');
    await world.process({ url: signedIn(server.url) });
    await world.untilAll(deferred);
    await until(() => world.lines.some((line) => line.includes('takes no mail')));
    const stored = await world.stored();
    expect(stored).toMatchObject([
      { state: 'WAITING', reply: expect.stringContaining('535 Wrong') },
      { state: 'WAITING', reply: expect.stringContaining('[redacted]') },
    ]);
    for (const form of FORMS) expect(JSON.stringify([stored, world.lines])).not.toContain(form);
    expect(server.connections()).toBe(1);
  });
  it('that it does not offer: nothing is sent without it', async () => {
    const server = await world.smtp();
    await world.mailTo('ada');
    await world.process({ url: signedIn(server.url) });
    await world.untilAll(deferred);
    expect(server.named).toEqual([]);
  });
});

describe('the connection', () => {
  const FROM_AFAR = { requireTLS: true, ignoreTLS: false, opportunisticTLS: false };
  const trusting = (caFile: string) => ({
    ...FROM_AFAR,
    tls: { rejectUnauthorized: true, ca: readFileSync(caFile, 'utf8') },
  });

  it('is encrypted by STARTTLS before the password is said', async () => {
    const { right, caFile } = await testCertificates();
    const server = await world.smtp({ credentials: { user: USER, password: PASSWORD }, certificate: right });
    await world.mailTo('ada');
    await world.process({ url: signedIn(server.url), connection: trusting(caFile) });
    await world.untilAll(ended);
    expect(server.accepted()).toMatchObject([{ isEncrypted: true, user: USER }]);
  });
  it.each(['foreign', 'wrongHost', 'expired'] as const)(
    'with a password does not go to a server whose certificate is %s',
    async (kind) => {
      const certificates = await testCertificates();
      const server = await world.smtp({
        credentials: { user: USER, password: PASSWORD },
        certificate: certificates[kind],
      });
      await world.mailTo('ada');
      await world.process({ url: signedIn(server.url), connection: trusting(certificates.caFile) });
      await world.untilAll(deferred);
      expect(await world.stored()).toMatchObject([
        { state: 'WAITING', reply: expect.stringMatching(/certificate|altnames/i) },
      ]);
      expect(server.named).toEqual([]);
    },
  );
  it('with a password does not go on where the server offers no STARTTLS', async () => {
    const server = await world.smtp({ credentials: { user: USER, password: PASSWORD } });
    await world.mailTo('ada');
    await world.process({ url: signedIn(server.url), connection: FROM_AFAR });
    await world.untilAll(deferred);
    expect(server.named).toEqual([]);
  });
  it('without a password is encrypted where the server can, whoever signed its certificate', async () => {
    const { foreign } = await testCertificates();
    const server = await world.smtp({ certificate: foreign });
    await world.mailTo('ada');
    const connection = { ignoreTLS: false, tls: { rejectUnauthorized: false } };
    await world.process({ connection });
    await world.untilAll(ended);
    expect(server.accepted()).toMatchObject([{ isEncrypted: true }]);
  });
  it('of smtps:// is encrypted from its first byte, to the right server or to none', async () => {
    const { right, caFile } = await testCertificates();
    const server = await world.smtp({ certificate: right, isTls: true });
    await world.mailTo('ada');
    const first = await world.process();
    await world.untilAll(deferred);
    expect(server.named).toEqual([]);
    await first.stop();
    await world.makeDue();
    await world.process({ connection: { tls: { ca: readFileSync(caFile, 'utf8') } } });
    await world.untilAll(ended);
    expect(server.accepted()).toMatchObject([{ isEncrypted: true }]);
  });
});

describe('an address that is none', () => {
  const BAD: [string, string][] = [
    ['a header in it', 'ada@example.org\r\nBcc: eve@example.org'],
    ['a line break', 'ada@example.org\n'],
    ['two addresses', 'ada@example.org, eve@example.org'],
    ['two addresses by blanks', 'ada@example.org eve@example.org'],
    ['angle brackets', '<eve@example.org>'],
    ['10 kB', `${'a'.repeat(10_240)}@example.org`],
    ['a NUL', 'ada@example.org\0'],
    ['half a character', 'ada\uD800@example.org'],
    ['nothing', ''],
  ];
  it.each(BAD)('(%s) is not kept, and its mail is given up before any server is asked', async (_, email) => {
    const server = await world.smtp();
    const [id] = await world.database.transaction((tx) => enqueue(tx, [mailFor(email, 'Ada')]));
    await world.mailTo('grace');
    await world.process();
    await world.untilAll(ended);
    expect(server.named).toEqual(['grace@example.org']);
    expect(
      await world.sql('SELECT state, attempts, recipient_email FROM outbox_messages WHERE id = $1', [id]),
    ).toEqual([{ state: 'GIVEN_UP', attempts: 0, recipient_email: '' }]);
  });
  // Postgres itself keeps neither a NUL nor half a character.
  it.each(BAD.filter(([, email]) => !/[\0\uD800]/.test(email)))(
    '(%s) reaches no header and no server when it stands in the database all the same',
    async (_, email) => {
      const server = await world.smtp();
      await world.mailTo('ada', 'grace');
      await world.sql(`UPDATE outbox_messages SET recipient_email = $1 WHERE recipient_email ~ 'ada'`, [
        email,
      ]);
      await world.process();
      await world.untilAll(ended);
      expect(server.named).toEqual(['grace@example.org']);
      expect(server.arrived.map(({ raw }) => raw).join()).not.toContain('eve@');
      expect((await world.stored())[0]).toMatchObject({ state: 'GIVEN_UP' });
    },
  );
});

describe('a name', () => {
  it.each([
    ['a header in it', 'Ada\r\nBcc: eve@example.org'],
    ['an address in it', 'Ada <eve@example.org>, "x'],
    ['letters of everywhere', 'Àda 💻 Łovelace'],
    ['10 kB', 'a'.repeat(10_240)],
  ])('with %s is one name in one header', async (_, name) => {
    const server = await world.smtp();
    await world.database.transaction((tx) => enqueue(tx, [mailFor('ada@example.org', name)]));
    await world.sql('UPDATE outbox_messages SET recipient_name = $1', [name]);
    await world.process();
    await world.untilAll(ended);
    const [mail] = server.accepted();
    const shown = [...name.replace(/[\r\n]+/g, ' ')].slice(0, 100).join('');
    expect(mail?.parsed.to).toMatchObject({ value: [{ address: 'ada@example.org', name: shown }] });
    expect(mail?.parsed.bcc).toBeUndefined();
    expect(server.named).toEqual(['ada@example.org']);
  });
});

describe('a mail', () => {
  it('says who sent it, that no person did, and which one it is', async () => {
    const server = await world.smtp();
    const [id] = await world.mailTo('ada');
    await world.process();
    await world.untilAll(ended);
    const [mail] = server.accepted();
    expect(mail?.from).toBe('tokenwarden@example.org');
    expect(mail?.parsed.from?.value).toEqual([{ address: 'tokenwarden@example.org', name: 'Tokenwarden' }]);
    expect(mail?.parsed.messageId).toBe(`<${id}@tokens.example>`);
    expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.parsed.date?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(mail?.parsed.subject).toBeTruthy();
    expect(mail?.parsed.text).toBeTruthy();
    expect(mail?.parsed.html).toContain('<html');
  });
  it('to a domain beyond ASCII goes to the name that DNS has', async () => {
    const server = await world.smtp();
    await world.database.transaction((tx) => enqueue(tx, [mailFor('ada@bücher.example', 'Ada')]));
    await world.process();
    await world.untilAll(ended);
    // The server shows it in letters again; that nothing else was asked of it tells how it came.
    expect(server.accepted()).toMatchObject([{ to: 'ada@bücher.example', isUtf8: false }]);
  });
  it('to a name beyond ASCII asks the server whether it can, and is alone in being refused', async () => {
    const server = await world.smtp();
    await world.database.transaction((tx) => enqueue(tx, [mailFor('àda@example.org', 'Ada')]));
    await world.process();
    await world.untilAll(ended);
    expect(server.accepted()).toMatchObject([{ to: 'àda@example.org', isUtf8: true }]);
    server.script = { toSender: '550 5.6.7 No such letters' };
    await world.database.transaction((tx) => enqueue(tx, [mailFor('gràce@example.org', 'Grace')]));
    await world.untilAll(ended);
    expect(await world.stored()).toContainEqual(
      expect.objectContaining({ email: 'gràce@example.org', state: 'GIVEN_UP' }),
    );
  });
});
