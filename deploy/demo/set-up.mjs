/**
 * What `npm start` finds set up on its demo directory, for the demo people of `docker compose up`: Ada, their administrator,
 * says what groups may do and makes two service accounts, by the same API as everybody. Where there is an account or a grant
 * already, somebody has begun to work, and it leaves all as it is.
 *
 *     node deploy/demo/set-up.mjs http://127.0.0.1:3000
 */
const [url] = process.argv.slice(2);

const GRANTS = {
  'data-engineering': ['dataset/*:read', 'dataset/*:write', 'spark-job/*:*'],
  analysts: ['dataset/sales/*:read'],
  gateways: ['tokens:introspect'],
};
const ACCOUNTS = [
  { name: 'nightly-etl', description: 'Loads the datasets every night.', group: 'data-engineering' },
  {
    name: 'api-gateway',
    description: 'Asks whose token it was handed, and what that token may do.',
    group: 'gateways',
  },
];

let credential = {};
const { sessionToken } = await answerTo('POST', '/session', { username: 'ada', password: 'ada-demo' });
credential = { authorization: `Bearer ${sessionToken}` };

const { groups, serviceAccounts } = await graphql(
  '{ groups(first: 100) { nodes { id name grants } } serviceAccounts(first: 1) { nodes { id } } }',
);
const granted = groups.nodes.filter(({ name, grants }) => name in GRANTS && grants.length > 0);
if (granted.length > 0 || serviceAccounts.nodes.length > 0) {
  console.log('There are grants or service accounts already: everything stays as it is.');
} else {
  const idOf = (group) => groups.nodes.find(({ name }) => name === group).id;
  for (const [group, grants] of Object.entries(GRANTS)) {
    await graphql(
      'mutation ($input: SetGroupGrantsInput!) { setGroupGrants(input: $input) { group { id } } }',
      { groupId: idOf(group), grants },
    );
  }
  for (const { group, ...account } of ACCOUNTS) {
    await graphql(
      'mutation ($input: CreateServiceAccountInput!) { createServiceAccount(input: $input) { serviceAccount { id } } }',
      { ...account, groupIds: [idOf(group)] },
    );
  }
  console.log('The groups of the demo have their grants, and there are two service accounts.');
}
await answerTo('DELETE', '/session');

async function graphql(query, input) {
  const { data, errors } = await answerTo('POST', '/graphql', { query, variables: { input } });
  if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
  return data;
}

async function answerTo(method, path, body) {
  const type = body && { 'content-type': 'application/json' };
  const answer = await fetch(url + path, {
    method,
    headers: { ...type, ...credential },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${method} ${path} is answered with ${answer.status}.`);
  return answer.status === 204 ? undefined : await answer.json();
}
