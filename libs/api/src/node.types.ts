import { Field, ID, InterfaceType, registerEnumType } from '@nestjs/graphql';

/** Any object that has an id of its own. Each implementing type brings its own `isTypeOf`, or the caller of `node` a `__typename`. */
@InterfaceType('Node', { description: 'Any object that has an id of its own.' })
export abstract class Node {
  @Field(() => ID) id: string;
}

/** The two directions of an order. */
export const OrderDirection = { ASC: 'ASC', DESC: 'DESC' } as const;
/** See the value of the same name. */
export type OrderDirection = (typeof OrderDirection)[keyof typeof OrderDirection];

registerEnumType(OrderDirection, { name: 'OrderDirection' });
