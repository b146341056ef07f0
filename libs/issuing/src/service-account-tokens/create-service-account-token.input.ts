import { Field, ID, InputType } from '@nestjs/graphql';
import { CreateTokenInput } from '../create-token.input.js';

/** What a member asks of a token that acts as a service account. */
@InputType('CreateServiceAccountTokenInput')
export class CreateServiceAccountTokenInput extends CreateTokenInput {
  @Field(() => ID)
  serviceAccountId: string;
}
