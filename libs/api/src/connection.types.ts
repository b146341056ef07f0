import { Field, Int, ObjectType } from '@nestjs/graphql';

/** Where a page lies in its list. */
@ObjectType('PageInfo', {
  description: 'Where this page lies. hasNextPage is exact with first, hasPreviousPage with last.',
})
export class PageInfo {
  @Field(() => Boolean) hasNextPage: boolean;
  @Field(() => Boolean) hasPreviousPage: boolean;
  @Field(() => String, { nullable: true }) startCursor: string | null;
  @Field(() => String, { nullable: true }) endCursor: string | null;
}

/** One object of a page and the cursor behind it. */
export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

/** One page of a list; the counts are getters, so that only a query that asks pays: never spread it. */
export interface Connection<T> {
  readonly edges: readonly Edge<T>[];
  readonly nodes: readonly T[];
  readonly pageInfo: PageInfo;
  readonly totalCount: Promise<number>;
  readonly totalCountIsExact: Promise<boolean>;
}

type NodeClass<T> = abstract new (...dependencies: never[]) => T;

/** The two GraphQL types of one kind of list. */
export interface ConnectionTypes<T> {
  readonly Connection: new () => Connection<T>;
  readonly Edge: new () => Edge<T>;
}

/**
 * The GraphQL types `<name>Connection` and `<name>Edge` for lists of a node type; call it once for each name.
 * `counted: false` leaves out totalCount and totalCountIsExact, for a list that only grows.
 */
export function connectionOf<T>(
  nodeClass: NodeClass<T>,
  name: string,
  { counted = true }: { counted?: boolean } = {},
): ConnectionTypes<T> {
  @ObjectType(`${name}Edge`)
  class EdgeOfNode implements Edge<T> {
    @Field(() => String) cursor: string;
    @Field(() => nodeClass) node: T;
  }

  @ObjectType(
    `${name}Connection`,
    counted ? {} : { description: 'No totalCount: it would be a scan of a list that only grows.' },
  )
  class ConnectionOfNode implements Connection<T> {
    @Field(() => [EdgeOfNode]) edges: EdgeOfNode[];
    @Field(() => [nodeClass]) nodes: T[];
    @Field(() => PageInfo) pageInfo: PageInfo;
    totalCount: Promise<number>;
    totalCountIsExact: Promise<boolean>;
  }
  if (counted) {
    Field(() => Int, {
      description: 'Exact up to 10,000; above that it may be an estimate, and totalCountIsExact says so.',
    })(ConnectionOfNode.prototype, 'totalCount');
    Field(() => Boolean)(ConnectionOfNode.prototype, 'totalCountIsExact');
  }
  return { Connection: ConnectionOfNode, Edge: EdgeOfNode };
}
