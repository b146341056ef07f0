import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ServerCertificate } from './directories/certificates.js';

/** What somebody posted to the receiver. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * How the receiver answers: a status, a whole answer, no answer at all (`hang`), a good one whose body never ends (`endless`), or
 * a connection that is broken off (`reset`).
 */
export type ReceiverReply =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'endless'
  | 'reset';

/** A real HTTP server to which webhooks are sent. */
export interface WebhookReceiver {
  /** With a path that nothing may repeat. */
  readonly url: string;
  /** Everything that came, in order of arrival. */
  readonly received: ReceivedRequest[];
  /** From now on it answers so; 204 before. */
  answer: (request: ReceivedRequest) => ReceiverReply | Promise<ReceiverReply>;
  /** How many connections there were in all. */
  connections(): number;
  /** How many there are. */
  openConnections(): number;
  stop(): Promise<void>;
}

/** The path of every receiver: whoever sees it in a log or in an error has found a leak. */
export const SECRET_PATH = '/in/path-that-lets-in';

/** How a receiver listens. */
export interface ReceiverOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** By https with this one, on `localhost`; else by http. */
  readonly certificate?: ServerCertificate;
}

/** Starts a receiver on loopback. */
export async function startWebhookReceiver(options: ReceiverOptions = {}): Promise<WebhookReceiver> {
  const { port = 0, certificate } = options;
  let connections = 0;
  let open = 0;
  const take = (request: IncomingMessage, response: ServerResponse) => {
    void bodyOf(request).then(async (body) => {
      const { method = '', url = '', headers } = request;
      const received = { method, path: url, headers, body };
      receiver.received.push(received);
      reply(response, await receiver.answer(received));
    }, ignored);
  };
  const server = certificate ? createSecureServer(filesOf(certificate), take) : createServer(take);
  server.keepAliveTimeout = 0; // it closes none by itself
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open += 1;
    socket.on('close', () => (open -= 1));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `${certificate ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}${SECRET_PATH}`,
    received: [],
    answer: () => 204,
    connections: () => connections,
    openConnections: () => open,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}

const ignored = () => undefined;

function filesOf({ certFile, keyFile }: ServerCertificate): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, how: ReceiverReply): void {
  if (how === 'hang') return;
  if (how === 'reset') return void response.destroy();
  if (how === 'endless') return pourOut(response);
  const { status, headers = {}, body = '' } = typeof how === 'number' ? { status: how } : how;
  response.writeHead(status, headers).end(body);
}

function pourOut(response: ServerResponse): void {
  response.writeHead(200);
  const pouring = setInterval(() => response.write('x'.repeat(512)), 5);
  response.on('close', () => clearInterval(pouring)).on('error', ignored);
}
