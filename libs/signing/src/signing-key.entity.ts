import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { Algorithm } from './header.rules.js';
import type { PublicJwk } from './key-material.js';

/** One signing key. Its private part is sealed under the master key and bound to its `kid`. */
@Entity('signing_keys')
@Check('signing_keys_retire_after_they_were_active', '"retired_at" >= "active_from"')
export class SigningKeyEntity {
  @PrimaryColumn('text') kid: string;
  @Column('text') algorithm: Algorithm; // pinned: whatever a token's header says
  @Column('jsonb', { name: 'public_jwk' }) publicJwk: PublicJwk;
  @Column('bytea', { name: 'sealed_private_key' }) sealedPrivateKey: Buffer; // PKCS #8 in DER, sealed
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'active_from' }) activeFrom: Date; // UPCOMING until then
  @Column('timestamptz', { name: 'retired_at', nullable: true }) retiredAt: Date | null; // set when the next key is known
  @Column('timestamptz', { name: 'withdrawn_at', nullable: true }) withdrawnAt: Date | null;
}
