import { IsText } from '@tokenwarden/api';
import { TEXT_LIMITS } from '@tokenwarden/vocabulary';

/** The body of `POST /session`. */
export class SignInInput {
  @IsText({ maximum: TEXT_LIMITS.username }) username: string;
  @IsText({ maximum: TEXT_LIMITS.password }) password: string;
}
