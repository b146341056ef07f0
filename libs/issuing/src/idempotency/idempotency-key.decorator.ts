import { applyDecorators } from '@nestjs/common';
import { Field } from '@nestjs/graphql';
import { IsText, MayBeLeftOut } from '@tokenwarden/api';
import { TEXT_LIMITS } from '@tokenwarden/vocabulary';

/** The field `idempotencyKey` of an input that makes a token. */
export function IdempotencyKey(): PropertyDecorator {
  return applyDecorators(
    Field(() => String, {
      nullable: true,
      description:
        'Of your own making, for one request: repeated with the same input it gives the same token, and for some minutes its value again.',
    }),
    MayBeLeftOut(),
    IsText({ maximum: TEXT_LIMITS.idempotencyKey }),
  );
}
