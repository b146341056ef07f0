import { createServer, type AddressInfo, type Socket } from 'node:net';
import { BerReader, BerWriter } from 'ldapts';
import { MessageFrames } from '../src/ldap/connection/frames.js';

/** What a client asked: the message's number, and the operation's tag (RFC 4511, appendix B). */
export interface Asked {
  readonly id: number;
  readonly operation: number;
  /** Which search it is on this connection, from 1; of other operations 0. */
  readonly search: number;
}

/** What the server says to it: bytes; `silence`; or it hangs up. */
export type Said = readonly Buffer[] | 'silence' | 'hang up';

/** The result code of a bind with this name, and what is said beside it. */
export type Binding = (dn: string) => Bound | Promise<Bound>;
type Bound = number | { readonly code: number; readonly text: string };

/** A server that says what it is told to, for what no real one can be brought to. */
export interface ScriptedServer {
  readonly url: string;
  /** What it was asked so far but binds. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Tags of operations. */
export const TAG = { bind: 0x60, unbind: 0x42, search: 0x63, startTls: 0x77 } as const;
const PAGED_RESULTS = '1.2.840.113556.1.4.319';
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';

/** Starts it on a free port of loopback. Every bind succeeds, unless `bind` says something else. */
export async function scriptedServer(
  say: (asked: Asked) => Said,
  bind: Binding = () => 0,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const asked: Asked[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    const frames = new MessageFrames();
    let search = 0;
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      for (const message of frames.push(piece)) {
        const reader = new BerReader(message);
        reader.readSequence();
        const id = reader.readInt() ?? 0;
        const operation = reader.peek() ?? 0;
        if (operation === TAG.unbind) return;
        if (operation === TAG.bind) {
          void Promise.resolve(bind(nameOf(reader))).then((said) => {
            const { code, text } = typeof said === 'number' ? { code: said, text: '' } : said;
            socket.write(bound(id, code, text));
          });
          continue;
        }
        const one = { id, operation, search: operation === TAG.search ? ++search : 0 };
        asked.push(one);
        const said = say(one);
        if (said === 'hang up') socket.destroy();
        else if (said !== 'silence') socket.write(Buffer.concat(said));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The end of a search: its result code, and where the next page begins; undefined: without a word of pages. */
export function done(id: number, code: number, cookie?: string): Buffer {
  return result(id, 0x65, code, cookie === undefined ? {} : { cookie });
}

/** An answer to StartTLS. */
export function extended(id: number, code: number): Buffer {
  return result(id, 0x78, code);
}

/** An answer to a bind, and what the server says beside it. */
export function bound(id: number, code: number, text = ''): Buffer {
  return result(id, 0x61, code, { text });
}

/** One entry that was found. */
export function found(
  id: number,
  dn: string,
  attributes: Readonly<Record<string, string | readonly (string | Buffer)[]>> = {},
): Buffer {
  return message(id, (writer) => {
    writer.startSequence(0x64);
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of [values].flat()) writer.writeBuffer(Buffer.from(value), 0x04);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
  });
}

/** A reference to elsewhere. */
export function reference(id: number, uri: string): Buffer {
  return message(id, (writer) => {
    writer.startSequence(0x73);
    writer.writeString(uri);
    writer.endSequence();
  });
}

/** What a server says unasked before it hangs up. */
export function noticeOfDisconnection(code: number): Buffer {
  return message(0, (writer) => {
    writer.startSequence(0x78);
    writeResult(writer, code);
    writer.writeString(NOTICE_OF_DISCONNECTION, 0x8a);
    writer.endSequence();
  });
}

function nameOf(bindRequest: BerReader): string {
  bindRequest.readSequence();
  bindRequest.readInt();
  return bindRequest.readString() ?? '';
}

function result(
  id: number,
  tag: number,
  code: number,
  { cookie, text }: { readonly cookie?: string; readonly text?: string } = {},
): Buffer {
  return message(id, (writer) => {
    writer.startSequence(tag);
    writeResult(writer, code, text);
    writer.endSequence();
    if (cookie === undefined) return;
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(0);
    value.writeString(cookie);
    value.endSequence();
    writer.startSequence(0xa0);
    writer.startSequence();
    writer.writeString(PAGED_RESULTS);
    writer.writeBuffer(value.buffer, 0x04);
    writer.endSequence();
    writer.endSequence();
  });
}

function writeResult(writer: BerWriter, code: number, text = ''): void {
  writer.writeEnumeration(code);
  writer.writeString('');
  writer.writeString(text);
}

function message(id: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  write(writer);
  writer.endSequence();
  return writer.buffer;
}
