import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { ServerCertificate } from './directories/certificates.js';

/** A reply of the server: a code and words, such as `550 No such user`. */
export type SmtpReply = `${number} ${string}`;

/** What the server does instead of taking every mail; each part may be left out, and be changed while it runs. */
export interface SmtpScript {
  /** Its first words. */
  atConnect?: SmtpReply;
  toSender?: SmtpReply;
  /** After so many messages it says 421 and closes, as servers do that want clients to come again. */
  mostPerConnection?: number;
  /** Undefined: the recipient is taken. `time` counts from 1 how often this address was named. */
  toRecipient?: (address: string, time: number) => SmtpReply | undefined;
  /** To a message that came whole. */
  toMessage?: (mail: ArrivedMail) => SmtpReply | undefined;
  /** Where it says nothing any more, and keeps the connection. */
  hangs?: 'GREETING' | 'RECIPIENT' | 'ANSWER';
  /** Where it breaks the connection off: behind RCPT TO, behind the whole message, or behind having accepted it. */
  drops?: 'RECIPIENT' | 'BEFORE_ANSWER' | 'AFTER_ANSWER';
}

/** How the server is set up. */
export interface SmtpOptions extends SmtpScript {
  /** Its own free one unless told. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** Who has to sign in before anything else. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Offers STARTTLS with it; or speaks TLS from the first byte. */
  readonly certificate?: ServerCertificate;
  readonly isTls?: boolean;
}

/** A message that the server has got whole. */
export interface ArrivedMail {
  readonly from: string;
  readonly to: string;
  readonly raw: string;
  /** As mailparser reads it. */
  readonly parsed: ParsedMail;
  readonly isEncrypted: boolean;
  /** Whether addresses beyond ASCII were announced (RFC 6531). */
  readonly isUtf8: boolean;
  readonly user: string | undefined;
  /** Whether the client was told that it is accepted. */
  wasAccepted: boolean;
}

/** A real SMTP server. */
export interface RunningSmtp {
  readonly port: number;
  /** `smtp://127.0.0.1:PORT`, or `smtps`, without credentials. */
  readonly url: string;
  /** Changed, it counts from the next command on. */
  script: SmtpScript;
  /** Every message that came whole, in order, whatever was answered. */
  readonly arrived: readonly ArrivedMail[];
  /** Those that were accepted. */
  readonly accepted: () => ArrivedMail[];
  /** Every address that was named as a recipient, in order. */
  readonly named: readonly string[];
  /** How many connections there were in all. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** Starts a server that takes every mail but for what the script says. */
export async function startSmtp(options: SmtpOptions = {}): Promise<RunningSmtp> {
  const { port = 0, host = '127.0.0.1', credentials, certificate, isTls = false, ...script } = options;
  const arrived: ArrivedMail[] = [];
  const named: string[] = [];
  const messages = new Map<string, number>();
  let connections = 0;
  const running = { script: script };
  const hung = new Promise<never>(() => undefined);

  const server = new SMTPServer({
    secure: isTls,
    ...(certificate && { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) }),
    disabledCommands: [...(certificate && !isTls ? [] : ['STARTTLS']), ...(credentials ? [] : ['AUTH'])],
    authOptional: credentials === undefined,
    allowInsecureAuth: true,
    closeTimeout: 50,
    onConnect: (_session, done) => {
      connections += 1;
      if (running.script.hangs !== 'GREETING') done(refusal(running.script.atConnect));
    },
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === credentials?.user && password === credentials?.password;
      if (isRight) return done(null, { user: username });
      // As some servers do: what was sent comes back in the reply.
      done(refusal(`535 Wrong: ${username}/${password}`));
    },
    onMailFrom: (_address, { id }, done) => {
      const { toSender, mostPerConnection = Infinity } = running.script;
      messages.set(id, (messages.get(id) ?? 0) + 1);
      done(refusal((messages.get(id) ?? 0) > mostPerConnection ? '421 4.7.0 Come again' : toSender));
    },
    onRcptTo: ({ address }, session, done) => {
      named.push(address);
      if (running.script.hangs === 'RECIPIENT') return;
      if (running.script.drops === 'RECIPIENT') return drop(session);
      const time = named.filter((one) => one === address).length;
      done(refusal(running.script.toRecipient?.(address, time)));
    },
    onData: (stream, session, done) => {
      void read(stream).then(async (raw) => {
        const mail = await arrivedMail(raw, session);
        arrived.push(mail);
        const refused = refusal(running.script.toMessage?.(mail));
        if (running.script.drops === 'BEFORE_ANSWER') return drop(session);
        if (running.script.hangs === 'ANSWER') return hung;
        mail.wasAccepted = refused === null;
        done(refused);
        if (running.script.drops === 'AFTER_ANSWER') connectionOf(session)?._socket.end();
      });
    },
  });
  // Clients that break off are what these tests are about.
  server.on('error', () => undefined);
  const connectionOf = ({ id }: SMTPServerSession) => [...server.connections].find((one) => one.id === id);
  const drop = (session: SMTPServerSession) => void connectionOf(session)?._socket.destroy();

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.server.address() as AddressInfo;
  return Object.assign(running, {
    port: taken,
    url: `${isTls ? 'smtps' : 'smtp'}://${host}:${taken}`,
    arrived,
    accepted: () => arrived.filter(({ wasAccepted }) => wasAccepted),
    named,
    connections: () => connections,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const connection of server.connections) connection._socket.destroy();
      }),
  });
}

function refusal(reply: SmtpReply | undefined): Error | null {
  if (reply === undefined) return null;
  const [, code, words] = /^(\d+) (.*)$/s.exec(reply) ?? [];
  return Object.assign(new Error(words), { responseCode: Number(code) });
}

async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function arrivedMail(raw: string, session: SMTPServerSession): Promise<ArrivedMail> {
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom ? mailFrom.address : '',
    to: rcptTo.map(({ address }) => address).join(),
    raw,
    parsed: await simpleParser(raw),
    isEncrypted: session.secure,
    isUtf8: session.envelope.smtpUtf8 === true,
    user: session.user === undefined ? undefined : String(session.user),
    wasAccepted: false,
  };
}
