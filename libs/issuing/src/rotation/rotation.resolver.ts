import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { CurrentCaller } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { CreateTokenPayload, toCreateTokenPayload } from '../create-token.payload.js';
import { RotateTokenInput } from './rotate-token.input.js';
import { RotationService } from './rotation.service.js';

/** Rotating tokens by GraphQL. */
@Resolver()
export class RotationResolver {
  constructor(private readonly rotation: RotationService) {}

  @Mutation(() => CreateTokenPayload, {
    description:
      'A successor with the same name, scopes and profile; the old token lives on for the overlap. Once for each token; its owner or a member may, or the token itself with tokens:rotate-self.',
  })
  async rotateToken(
    @Args('input') input: RotateTokenInput,
    @CurrentCaller() caller: Caller,
  ): Promise<CreateTokenPayload> {
    return toCreateTokenPayload(await this.rotation.rotate(caller, input));
  }
}
