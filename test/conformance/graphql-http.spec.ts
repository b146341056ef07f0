import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { signIn, startProduct, type RunningProduct } from '../harness/index.js';

let product: RunningProduct;
let session: string;

beforeAll(async () => {
  product = await startProduct();
  session = (await signIn(product.url, 'ada')).token;
}, 90_000);

afterAll(async () => {
  await product?.stop();
});

/** As a signed-in client asks: with its credential, and with the header by which it says that it is no web page. */
const asSignedIn = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${session}`);
  headers.set('apollo-require-preflight', '1');
  return await fetch(input, { ...init, headers });
};

const audits = serverAudits({ url: () => `${product.url}/graphql`, fetchFn: asSignedIn });
const named = (word: string) => audits.filter((audit) => audit.name.startsWith(word));

async function failuresOf(some: typeof audits): Promise<string[]> {
  const failed: string[] = [];
  for (const audit of some) {
    const result = await audit.fn();
    if (result.status !== 'ok') failed.push(`${audit.name}: ${result.reason}`);
  }
  return failed;
}

describe('GraphQL over HTTP', () => {
  it('has audits to pass', () => {
    expect(named('MUST').length).toBeGreaterThan(10);
    expect(named('SHOULD').length).toBeGreaterThan(10);
  });

  it('is served as every MUST says', async () => {
    expect(await failuresOf(named('MUST'))).toEqual([]);
  });

  it('leaves open, of every SHOULD and MAY, only 200 for what is refused: one status for both media types', async () => {
    const failed = await failuresOf(audits.filter((audit) => !audit.name.startsWith('MUST')));
    expect(failed.filter((failure) => !/^SHOULD use (a status code of )?200 /.test(failure))).toEqual([]);
  });
});
