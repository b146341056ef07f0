import { afterEach } from '@jest/globals';
import { tcpProxy, type TcpProxy } from '../../harness/index.js';

/** Proxies for the tests of one file: each is closed behind the test that has asked for it. */
export function proxiesForSpecs(): typeof tcpProxy {
  const open: TcpProxy[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((proxy) => proxy.close()));
  });
  return async (...asked) => {
    const proxy = await tcpProxy(...asked);
    open.push(proxy);
    return proxy;
  };
}
