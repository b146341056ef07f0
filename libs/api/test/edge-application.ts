import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  ArgsType,
  Field,
  GraphQLModule,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { forbidden, invalidInput, unavailable, type Caller } from '@tokenwarden/vocabulary';
import { connectionOf } from '../src/connection.types.js';
import { IsInput, IsText, IsTextList, MayBeLeftOut } from '../src/input.decorators.js';
import { inputValidation } from '../src/input-validation.pipe.js';
import { Loaders } from '../src/loaders.js';
import { Node } from '../src/node.types.js';
import { CostsAs, PageArgs, SizedBy } from '../src/page.args.js';
import { pageOf, toConnection } from '../src/paging.js';
import { CurrentCaller } from '../src/request.decorators.js';
import { DateTimeScalar, DurationScalar } from '../src/scalars.js';
import { ProblemFilter } from '../src/http/problem.filter.js';
import { originOf } from '../src/http/origin.js';
import { requestIdOf } from '../src/http/request-id.js';
import { graphqlEdge } from '../src/edge/graphql-edge.js';
import { graphqlFailures, graphqlGate } from '../src/edge/graphql-gate.js';

@ObjectType({ implements: () => [Node] })
class Person implements Node {
  @Field(() => ID) id: string;
}
@ObjectType({ implements: () => [Node] })
class Ticket implements Node {
  @Field(() => ID) id: string;
  @Field(() => String) name: string;
  @Field(() => Date) createdAt: Date;
}
const { Connection: TicketConnection } = connectionOf(Ticket, 'Ticket');

@InputType()
class TicketFilter {
  @Field(() => String, { nullable: true }) @IsText({ maximum: 200 }) @MayBeLeftOut() search?: string;
}
@ArgsType()
class TicketArgs extends PageArgs {
  @Field(() => TicketFilter, { nullable: true })
  @IsInput(() => TicketFilter)
  @MayBeLeftOut()
  filter?: TicketFilter;
}
@InputType()
class CreateTicketInput {
  @Field(() => String) @IsText({ maximum: 10 }) name: string;
  @Field(() => DurationScalar, { nullable: true }) @MayBeLeftOut() lifetime?: string;
  @Field(() => DateTimeScalar, { nullable: true }) @MayBeLeftOut() expiresAt?: Date;
  @Field(() => [String], { nullable: true })
  @IsTextList({ most: 100, maximum: 20 })
  @MayBeLeftOut()
  scopes?: string[];
}

const ticket = (id: number): Ticket => ({ id: String(id), name: `t${id}`, createdAt: new Date(0) });

@Resolver(() => Ticket)
class TicketResolver {
  @Query(() => Person)
  viewer(@CurrentCaller() caller: Caller): Person {
    return { id: caller.principal.id };
  }
  @Query(() => TicketConnection)
  tickets(@Args() args: TicketArgs) {
    const page = pageOf(args, args.filter);
    return toConnection(
      page,
      Array.from({ length: page.size }, (_, i) => ticket(i)),
      ({ id }) => [id],
      () => Promise.resolve(page.size),
    );
  }
  @Query(() => Ticket, { nullable: true })
  ticket(@Args('id', { type: () => ID }) id: string): Ticket | null {
    return id === 'none' ? null : ticket(1);
  }
  @Query(() => Ticket)
  @CostsAs(2_600)
  oldest(): Ticket {
    return ticket(1);
  }
  @Query(() => String, { nullable: true })
  fails(@Args('how', { nullable: true, type: () => String }) how?: string): string {
    if (how === 'unavailable') throw unavailable('Storage is gone.', { retryAfterSeconds: 3 });
    if (how === 'forbidden') throw forbidden('Only others may.');
    if (how === 'input') throw invalidInput('how', 'Otherwise.');
    throw new TypeError('the password is hunter2');
  }
  @Query(() => Int)
  days(@Args('days', { type: () => Int, defaultValue: 30 }) days: number): number {
    return days;
  }
  @Mutation(() => Ticket)
  createTicket(@Args('input') input: CreateTicketInput): Ticket {
    return { ...ticket(1), name: input.name };
  }
  @ResolveField(() => Person)
  owner(@Parent() { id }: Ticket): Person {
    return { id };
  }
  @ResolveField(() => [Person])
  groups(@Parent() { id }: Ticket): Person[] {
    return [{ id }];
  }
  @ResolveField(() => [Person])
  @SizedBy('days', 90)
  readers(@Args('days', { type: () => Int, defaultValue: 30 }) days: number): Person[] {
    return Array.from({ length: days }, (_, day) => ({ id: String(day) }));
  }
  @ResolveField(() => TicketConnection)
  @CostsAs(400)
  sorted(@Args() args: TicketArgs) {
    return this.others(args);
  }
  @ResolveField(() => TicketConnection)
  others(@Args() args: TicketArgs) {
    return toConnection(pageOf(args, args.filter), [ticket(2)], ({ id }) => [id]);
  }
  @ResolveField(() => String, { nullable: true })
  broken(): string {
    throw new Error('broken');
  }
}

/** What the edge answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
}

/** A small product with the whole edge, on a port of its own. */
export interface EdgeApplication {
  readonly url: string;
  readonly internalErrors: unknown[];
  /** A GraphQL call with a good credential, unless the headers say otherwise (`stranger: 1`). */
  ask(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** Any call. */
  send(init: RequestInit, search?: string): Promise<Answer>;
  close(): Promise<void>;
}

const CALLER: Caller = {
  carrier: 'session',
  principal: { kind: 'USER', id: 'ada', name: 'ada' },
  groupIds: [],
  permissions: [],
  tokenId: null,
  sessionId: null,
  endsAt: new Date(0),
  origin: { address: null, userAgent: null, requestId: null },
};

/** @see EdgeApplication */
export async function edgeApplication({ introspection = true } = {}): Promise<EdgeApplication> {
  const internalErrors: unknown[] = [];
  const onInternalError = (error: unknown) => void internalErrors.push(error);
  const edge = graphqlEdge({
    context: ({ raw, headers }) => {
      if (headers['fails'] === 'two') throw invalidInput(undefined, 'One credential.');
      if (headers['fails'] === 'undecided') throw unavailable('Cannot decide.');
      if (headers['fails']) throw new Error('hunter2');
      return Promise.resolve({
        caller: headers['stranger'] ? undefined : CALLER,
        origin: originOf(raw, []),
        loaders: new Loaders(),
      });
    },
    onInternalError,
    introspection,
  });
  @Module({
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, ...edge }),
    ],
    providers: [TicketResolver],
  })
  class EdgeModule {}
  const adapter = new FastifyAdapter({ bodyLimit: 1_048_576, genReqId: requestIdOf });
  const app = await NestFactory.create<NestFastifyApplication>(EdgeModule, adapter, { logger: false });
  app.useGlobalPipes(inputValidation());
  app.useGlobalFilters(new ProblemFilter(onInternalError));
  adapter.getInstance().addHook('preHandler', graphqlGate).addHook('onSend', graphqlFailures);
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/graphql`;
  const send = async (init: RequestInit, search = ''): Promise<Answer> => {
    const response = await fetch(url + search, init);
    return { ...((await response.json()) as object), status: response.status, headers: response.headers };
  };
  return {
    url,
    internalErrors,
    ask: (query, variables, headers) =>
      send({
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      }),
    send,
    close: () => app.close(),
  };
}
