import { plainAddress } from '@tokenwarden/api';
import { invalidInput } from '@tokenwarden/vocabulary';
import { oneField } from './form-fields.rules.js';
import type { Bearer } from './use-tally.js';

/**
 * What a form says of whoever bears its token: `client_ip` and `client_agent`, each of them or neither.
 * @throws Problem `INVALID_INPUT` where one is there twice, or `client_ip` is no IP address
 */
export function bearerIn(form: URLSearchParams): Bearer {
  return { from: addressIn(form), agent: oneField(form, 'client_agent') };
}

function addressIn(form: URLSearchParams): string | undefined {
  const sent = oneField(form, 'client_ip');
  if (sent === undefined) return undefined;
  const address = plainAddress(sent);
  if (address === null)
    throw invalidInput('client_ip', 'Send "client_ip" as one IP address, without a port, or leave it out.');
  return address.split('%', 1)[0]; // which network card it came in by says something to the asker only
}
