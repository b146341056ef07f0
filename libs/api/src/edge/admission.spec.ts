import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import type { OperationDefinitionNode } from 'graphql';
import { admission } from './admission.js';

const schema = buildSchema('type Query { name: String }');

function problemsOf(query: string, isIdentified = true) {
  const document = parse(query);
  const operation = document.definitions[0] as OperationDefinitionNode;
  return admission({ introspection: false })
    .problemsOf({ schema, document, operation, variables: {}, isIdentified })
    .map(({ code }) => code);
}

describe('an operation of a kind that the schema has not', () => {
  it.each(['mutation { name }', 'subscription { name }', 'subscription { __typename }'])(
    'is not valid: %s',
    (query) => expect(problemsOf(query)).toEqual(['INVALID_INPUT']),
  );
  it('is a stranger asking, first', () =>
    expect(problemsOf('subscription { name }', false)).toEqual(['UNAUTHENTICATED']));
  it('is not what a query is', () => expect(problemsOf('{ name }')).toEqual([]));
});
