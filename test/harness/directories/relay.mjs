/**
 * The way into a network namespace: runs inside of it, takes connections of sockets that were opened outside of it, and
 * passes their bytes on to a port inside. It ends with whoever started it, who hands it the sockets.
 */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_EVERY_MS = 5;

process.on('disconnect', () => process.exit());
process.on('message', ({ port }, server) => {
  server.on('connection', (client) => join(client, connect(port, '127.0.0.1')));
  void tellWhenOpen(port);
});

function join(client, server) {
  client.pipe(server).pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ]) {
    one.setNoDelay(true); // else what the server sends in two pieces comes 40 ms later than from itself
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

/** Until then a connection is taken and cut at once. */
async function tellWhenOpen(port) {
  while (!(await isOpen(port))) await wait(LOOK_EVERY_MS);
  process.send({ open: port });
}

function isOpen(port) {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => resolve(true)).once('connect', () => probe.destroy());
    probe.once('error', () => resolve(false));
  });
}
