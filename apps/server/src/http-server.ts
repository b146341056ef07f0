import http from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { problemDocument, requestIdOf, sendProblem } from '@tokenwarden/api';
import { invalidInput } from '@tokenwarden/vocabulary';

/** What answers below Nest: OAuth's endpoints, by their own rules and without a router in between. */
export interface Below {
  handles(pathname: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The largest body that any route takes, in bytes. */
const BODY_LIMIT_BYTES = 1_048_576;
/** More headers than this are answered 431. */
const HEADER_LIMIT_BYTES = 16_384;

/** One HTTP server for both: what is mounted below is answered by it, everything else by Nest's Fastify. */
export class SplitServer {
  private below: Below | undefined;

  /** `processShown`: the name of this process for a header of every answer; left out where nobody is to see it. */
  constructor(private readonly processShown: string | undefined) {}

  /** For Nest. */
  readonly adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    // Ids, limits and logs are made by our own hooks; Fastify's would write addresses and URLs.
    logger: false,
    genReqId: requestIdOf,
    forceCloseConnections: 'idle',
    // Fastify's own answers to what never reaches a route, in our words.
    frameworkErrors: (_error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(reply.raw, invalidInput(undefined, 'An address of well-formed percent-encoding.'));
    },
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(unreadable((error as NodeJS.ErrnoException).code));
      else socket.destroy();
    },
    serverFactory: (handler: Handler) => this.serverBefore(handler),
  });

  /** From now on it answers first; Nest makes it after it was given the server. */
  mount(below: Below): void {
    this.below = below;
  }

  private serverBefore(handler: Handler): Server {
    const options = {
      maxHeaderSize: HEADER_LIMIT_BYTES,
      keepAliveTimeout: 72_000,
      headersTimeout: 15_000,
      requestTimeout: 30_000,
    };
    const server = http.createServer(options, (request, response) => {
      request.url = withoutOrigin(request.url ?? '/');
      response.setHeader('x-request-id', requestIdOf(request));
      if (this.processShown !== undefined) response.setHeader('x-tokenwarden-process', this.processShown);
      if (hasTwoHosts(request)) refuseAndClose(response);
      else if (this.below?.handles(pathnameOf(request))) this.below.handle(request, response);
      else handler(request, response);
    });
    // By default Node drops the headers after the 2,000th, a second credential among them; their bytes are bounded anyway.
    server.maxHeadersCount = 0;
    return server;
  }
}

/** The whole answer to bytes that are no request of HTTP, or have more headers than we read. */
function unreadable(code: string | undefined): string {
  const [status, detail] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, `At most ${HEADER_LIMIT_BYTES} bytes of headers.`]
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Send the request within 30 seconds.']
        : [400, 'This is no request of HTTP/1.1.'];
  const problem = problemDocument(invalidInput(undefined, detail), null, status);
  const body = JSON.stringify(problem);
  const headers = `content-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
  return `HTTP/1.1 ${status} ${problem.title}\r\n${headers}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`;
}

// RFC 9112, 3.2.2: a server takes the absolute form too, as it is sent to proxies.
function withoutOrigin(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
}

// RFC 9112, 3.2. Node refuses what else could be read in two ways, and of two hosts takes the first.
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length > 1;
}

function refuseAndClose(response: ServerResponse): void {
  response.setHeader('connection', 'close');
  sendProblem(response, invalidInput(undefined, 'One Host header in a request.'));
}

function pathnameOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
