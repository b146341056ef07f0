/** A token that is introspected at constant arrivals, all the time: what others notice of what is measured. */
import { requestBytes } from '../measuring/connection.mjs';
import { ConstantArrivals } from '../measuring/load.mjs';
import { graphql } from './graphql.mjs';

/** How many a second. */
export const INTROSPECTIONS_A_SECOND = 100;

const CREATE = `mutation ($input: CreateUserTokenInput!) { createUserToken(input: $input) { accessToken } }`;

/**
 * Makes a token that may introspect and lets it ask about itself; every answer is checked.
 * @param {string} url The product's
 * @param {string} session Of an administrator
 * @returns {Promise<ConstantArrivals>} Not begun yet
 */
export async function introspections(url, session) {
  const { createUserToken } = await graphql(url, session, CREATE, {
    input: { name: 'gateway', scopes: ['tokens:introspect'], lifetime: 'P1D' },
  });
  const token = createUserToken.accessToken;
  const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${token}` };
  const request = requestBytes(`${url}/oauth2/introspect`, { headers, body: `token=${token}` });
  return new ConstantArrivals({
    url,
    perSecond: INTROSPECTIONS_A_SECOND,
    request: () => request,
    check: ({ status, body }) => {
      if (status !== 200 || !body.includes('"active":true'))
        throw new Error(`A good token: ${status} ${body}`);
    },
  });
}
