import { InputType } from '@nestjs/graphql';
import { CreateTokenInput } from '../create-token.input.js';

/** What a person asks of a token that acts as themselves. */
@InputType('CreateUserTokenInput')
export class CreateUserTokenInput extends CreateTokenInput {}
