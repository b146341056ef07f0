import { Module } from '@nestjs/common';
import { Settings } from '@tokenwarden/settings';
import { Sealing } from './sealing.js';

/** Gives `Sealing` under the master key of the settings. */
@Module({
  providers: [{ provide: Sealing, useFactory: sealingFor, inject: [Settings] }],
  exports: [Sealing],
})
export class SecretsModule {}

function sealingFor({ masterKey }: Settings): Sealing {
  // Embedded, the start reads or makes the key of DATA_DIR before Nest begins; without one nothing may be sealed.
  if (masterKey === undefined) throw new Error('No master key was given to the settings.');
  return new Sealing(masterKey);
}
