import http from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { requestIdOf, sendProblem } from '@tokenwarden/api';
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
    return http.createServer(options, (request, response) => {
      response.setHeader('x-request-id', requestIdOf(request));
      if (this.processShown !== undefined) response.setHeader('x-tokenwarden-process', this.processShown);
      if (hasTwoHosts(request)) refuseAndClose(response);
      else if (this.below?.handles(pathnameOf(request))) this.below.handle(request, response);
      else handler(request, response);
    });
  }
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
