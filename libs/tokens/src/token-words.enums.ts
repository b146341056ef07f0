import { registerEnumType } from '@nestjs/graphql';
import { TOKEN_ACTIONS, TOKEN_KINDS, TOKEN_STATUSES, UNUSABLE_REASONS } from '@tokenwarden/vocabulary';

function enumOf<W extends string>(words: readonly W[]): { readonly [word in W]: word } {
  return Object.fromEntries(words.map((word) => [word, word])) as { readonly [word in W]: word };
}

/** GraphQL's `TokenKind`. */
export const TokenKindEnum = enumOf(TOKEN_KINDS);
/** GraphQL's `TokenStatus`. */
export const TokenStatusEnum = enumOf(TOKEN_STATUSES);
/** GraphQL's `UnusableReason`. */
export const UnusableReasonEnum = enumOf(UNUSABLE_REASONS);
/** GraphQL's `TokenAction`. */
export const TokenActionEnum = enumOf(TOKEN_ACTIONS);

registerEnumType(TokenKindEnum, { name: 'TokenKind' });
registerEnumType(TokenStatusEnum, { name: 'TokenStatus' });
registerEnumType(UnusableReasonEnum, {
  name: 'UnusableReason',
  description: 'Why a token would not resolve now, whether it lies in the token or in its principal.',
});
registerEnumType(TokenActionEnum, { name: 'TokenAction', description: 'What a caller may do with a token.' });
