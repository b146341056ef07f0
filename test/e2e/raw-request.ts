import { connect } from 'node:net';

const PATIENCE_MILLISECONDS = 10_000;

/**
 * Sends bytes as they are, where a client that knows HTTP would refuse to.
 * @param url The product's
 * @param lines The request's lines up to its body, without the empty one
 * @param body What follows them
 * @returns The statuses of all answers until the product closed the connection; 0: it closed without any
 * @throws Error when it neither answers nor closes
 */
export async function rawStatuses(url: string, lines: readonly string[], body = ''): Promise<number[]> {
  const { hostname, port } = new URL(url);
  const text = await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write([...lines, '', body].join('\r\n'), 'latin1');
    });
    socket.setEncoding('latin1').setTimeout(PATIENCE_MILLISECONDS);
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('timeout', () => socket.destroy(new Error(`No end to the answer: ${received.slice(0, 200)}`)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(received));
  });
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  return statuses.length > 0 ? statuses : [0];
}
