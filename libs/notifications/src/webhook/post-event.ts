import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { Answer } from './delivery-answer.rules.js';

/** Everything of one attempt: name, connection, request and the head of the answer. */
const ATTEMPT_MILLISECONDS = 10_000;
/** Of the body of an answer; what it says is not looked at, it is only read so that the connection can be kept. */
const MOST_ANSWER_BYTES = 1_024;
const MOST_CONNECTIONS = 4;
const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** One POST to one receiver, with connections that are kept for the next ones. */
export class Receiver {
  private readonly url: URL;
  private readonly agent: PlainAgent;

  constructor(
    url: string,
    private readonly withinMilliseconds = ATTEMPT_MILLISECONDS,
  ) {
    this.url = new URL(url);
    const kept = { keepAlive: true, maxSockets: MOST_CONNECTIONS, maxFreeSockets: MOST_CONNECTIONS };
    this.agent = this.isSecure ? new SecureAgent(kept) : new PlainAgent(kept);
  }

  /**
   * Sends the body and gives what the receiver answered; never throws. Redirects are not followed: `node:http` knows none. A
   * request that was answered before its time is up counts by that answer, however its body goes on.
   */
  async post(
    body: string,
    headers: Readonly<Record<string, string>>,
    stopping?: AbortSignal,
  ): Promise<Answer> {
    const time = AbortSignal.timeout(this.withinMilliseconds);
    const signal = stopping ? AbortSignal.any([time, stopping]) : time;
    const attempt = () => this.attempt(body, headers, signal);
    const first = await attempt();
    const { answer } = first.wasClosedMeanwhile ? await attempt() : first;
    return 'fault' in answer && time.aborted ? { fault: 'TIMEOUT' } : answer;
  }

  private attempt(
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ answer: Answer; wasClosedMeanwhile: boolean }> {
    return new Promise((resolve) => {
      const request = (this.isSecure ? secureRequest : plainRequest)(this.url, {
        ...{ method: 'POST', agent: this.agent, signal },
        headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'Tokenwarden' },
      });
      request.on('response', (response) => {
        const { statusCode: status = 0, headers: answered } = response;
        drain(response);
        resolve({ answer: { status, retryAfter: answered['retry-after'] }, wasClosedMeanwhile: false });
      });
      request.on('error', (error) => {
        const fault = faultOf(error);
        // A kept connection that the receiver closed while this request was on its way: a new one tells whether it is there.
        resolve({ answer: { fault }, wasClosedMeanwhile: request.reusedSocket && CLOSED.has(fault) });
      });
      request.on('close', () => resolve({ answer: { fault: 'CLOSED' }, wasClosedMeanwhile: false }));
      request.end(body);
    });
  }

  /** Closes the connections that were kept. */
  close(): void {
    this.agent.destroy();
  }

  private get isSecure(): boolean {
    return this.url.protocol === 'https:';
  }
}

// An answer that does not end costs its connection, at the latest when the time of the attempt is up.
function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) response.destroy();
  });
  response.on('error', () => undefined);
}

// The code alone: messages of errors name addresses, and whatever else the server or a certificate said.
function faultOf(error: Error): string {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'UNKNOWN';
}
