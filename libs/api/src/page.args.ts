import { ArgsType, Extensions, Field, Int } from '@nestjs/graphql';

/** The arguments of a list that is read forward only. */
@ArgsType()
export class ForwardPageArgs {
  @Field(() => Int, { nullable: true }) first?: number | null;
  @Field(() => String, { nullable: true }) after?: string | null;
}

/** The arguments of a list that is read forward (`first`, `after`) or backward (`last`, `before`). */
@ArgsType()
export class PageArgs extends ForwardPageArgs {
  @Field(() => Int, { nullable: true }) last?: number | null;
  @Field(() => String, { nullable: true }) before?: string | null;
}

/** How an argument says the length of a list that has no pages. */
export interface ListSize {
  /** An argument of type Int with a default. */
  readonly argument: string;
  readonly most: number;
}

/**
 * Marks a field whose list is as long as this argument says, from 1 to `most`: another number is refused at the edge, on
 * that argument, and the cost of an operation counts what the list holds.
 */
export function SizedBy(argument: string, most: number): MethodDecorator {
  const sizedBy: ListSize = { argument, most };
  return Extensions({ sizedBy });
}

/** What `SizedBy` said of a field, from its `extensions`; undefined where it said nothing. */
export function listSizeOf(extensions: Readonly<Record<string, unknown>>): ListSize | undefined {
  return extensions['sizedBy'] as ListSize | undefined;
}

/**
 * Marks a field whose answer takes as much as so many objects, however few it holds, because more than that is looked at for
 * it, or for what it holds is large: the cost of an operation counts it so.
 */
export function CostsAs(objects: number): MethodDecorator & PropertyDecorator {
  return Extensions({ costsAs: objects });
}

/** What `CostsAs` said of a field, from its `extensions`: 1 where it said nothing. */
export function costOf(extensions: Readonly<Record<string, unknown>>): number {
  return (extensions['costsAs'] as number | undefined) ?? 1;
}
