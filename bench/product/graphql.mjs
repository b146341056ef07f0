/** Asking the product by GraphQL. */
import { requestBytes } from '../measuring/connection.mjs';

/**
 * The bytes of a GraphQL request, for the load generator.
 * @param {string} url The product's
 * @param {string} session A session token
 * @param {string} query The document
 * @param {object} [variables] Of the operation
 * @returns {Buffer} Sent as they are
 */
export function graphqlBytes(url, session, query, variables = {}) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${session}` };
  return requestBytes(`${url}/graphql`, { headers, body: JSON.stringify({ query, variables }) });
}

/**
 * Asks once.
 * @param {string} url The product's
 * @param {string} session A session token
 * @param {string} query The document
 * @param {object} [variables] Of the operation
 * @returns {Promise<object>} The member `data`
 * @throws Error with the whole answer where it has errors
 */
export async function graphql(url, session, query, variables = {}) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${session}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(`${answer.status} ${JSON.stringify(errors)}`);
  return data;
}

/**
 * Whether the schema has this, as `Mutation.revokeTokens` or `TokenOrderField.LAST_USED_AT`.
 * @param {string} url The product's
 * @param {string} name Of a field or an enum value, with its type
 * @returns {Promise<boolean>} By the schema of the running product
 */
export async function has(url, name) {
  const [type, member] = name.split('.');
  const query = `query ($type: String!) {
    __type(name: $type) { fields { name } enumValues { name } inputFields { name } }
  }`;
  const { __type } = await graphql(url, '', query, { type });
  const members = [__type?.fields, __type?.enumValues, __type?.inputFields].flatMap((list) => list ?? []);
  return members.some(({ name }) => name === member);
}

/**
 * An answer as the product sends it, to compare others with.
 * @param {object} data The member `data`
 * @returns {Buffer} The whole body
 */
export function graphqlAnswer(data) {
  return Buffer.from(`${JSON.stringify({ data })}\n`);
}

/**
 * Throws where an answer is not the one that is right.
 * @param {{status: number, body: Buffer}} answer What came
 * @param {Buffer} expected The body that is right
 * @param {string} asked What was asked for, in words
 * @throws Error with the beginning of both
 */
export function requireAnswer({ status, body }, expected, asked) {
  if (status === 200 && body.equals(expected)) return;
  const [came, right] = [body, expected].map((bytes) => bytes.toString('utf8', 0, 400));
  throw new Error(`A wrong answer to ${asked}: ${status} ${came}\ninstead of ${right}`);
}
