import { buildClientSchema, getIntrospectionQuery, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { IntrospectionQuery } from 'graphql';
import { graphql } from '../harness/index.js';

/** One operation that can be asked for: a field of Query or of Mutation. */
export interface RootField {
  readonly operation: 'query' | 'mutation';
  /** As `Query.tokens`. */
  readonly title: string;
  readonly field: GraphQLField<unknown, unknown>;
}

/**
 * The schema as the product itself tells it.
 * @param url The product's
 * @returns It, ready to be walked through
 */
export async function servedSchema(url: string): Promise<GraphQLSchema> {
  const answer = await graphql<IntrospectionQuery>(
    url,
    undefined,
    getIntrospectionQuery({ descriptions: false }),
  );
  return buildClientSchema(answer.data);
}

/**
 * All operations of a schema.
 * @param schema As served
 * @returns Those of Query first
 */
export function rootFieldsOf(schema: GraphQLSchema): RootField[] {
  return (['query', 'mutation'] as const).flatMap((operation) => {
    const root = schema.getRootType(operation as never);
    const fields = Object.values(root?.getFields() ?? {});
    return fields.map((field) => ({ operation, title: `${root?.name}.${field.name}`, field }));
  });
}
