import type { IncomingMessage } from 'node:http';

/** The most of a form body, in bytes. */
export const FORM_LIMIT_BYTES = 65_536;
const READ_TIMEOUT_SECONDS = 10;

/** A request that cannot be read. The message says what would be right. */
export class UnreadableRequest extends Error {
  override readonly name = 'UnreadableRequest';

  constructor(
    /** 400 where the caller went away, 408, 413 or 415. */
    readonly status: 400 | 408 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The fields of a form body, as sent: nothing trimmed, two of a name are both there (`getAll`).
 * @throws UnreadableRequest 415 for another content type, 413 above the limit, 408 when it does not arrive in time
 */
export async function readForm(
  request: IncomingMessage,
  limitBytes: number = FORM_LIMIT_BYTES,
  timeoutSeconds: number = READ_TIMEOUT_SECONDS,
): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (type !== 'application/x-www-form-urlencoded' || encoding !== 'identity') {
    // What is left of the body must not be taken for the next request.
    request.resume();
    throw new UnreadableRequest(415, 'Send the body as application/x-www-form-urlencoded.');
  }
  const body = await readBody(request, limitBytes, timeoutSeconds);
  return new URLSearchParams(body.toString('utf8'));
}

function readBody(request: IncomingMessage, limitBytes: number, timeoutSeconds: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (outcome: Buffer | UnreadableRequest) => {
      clearTimeout(timer);
      request.off('data', take).off('end', end).off('close', gone).off('error', gone);
      if (Buffer.isBuffer(outcome)) return resolve(outcome);
      request.on('error', () => undefined).resume();
      return reject(outcome);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) finish(new UnreadableRequest(413, `A body of at most ${limitBytes} bytes.`));
      else chunks.push(chunk);
    };
    const end = () => finish(Buffer.concat(chunks));
    const gone = () => finish(new UnreadableRequest(400, 'The whole body.'));
    const timer = setTimeout(
      () => finish(new UnreadableRequest(408, `The whole body within ${timeoutSeconds} s.`)),
      timeoutSeconds * 1_000,
    );
    timer.unref();
    request.on('data', take).on('end', end).on('close', gone).on('error', gone);
  });
}
