import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ActorRef, Scope, TokenKind } from '@tokenwarden/vocabulary';

/** One issued token, all of it but the value: nothing in this row lets anyone in (rule 2). */
@Entity('access_tokens')
@Check('access_tokens_end_never_moves_later', '"ends_at" <= "expires_at"')
@Index('access_tokens_by_creation', ['createdAt', 'id'])
@Index('access_tokens_of_principal', ['principalId', 'createdAt', 'id'])
@Index('access_tokens_live_of_principal', ['principalId', 'endsAt'], { where: '"revoked_at" IS NULL' })
export class AccessTokenEntity {
  @PrimaryColumn('uuid') id: string; // also the claim `jti`
  @Column('text') kind: TokenKind;
  @Column('uuid', { name: 'user_id', nullable: true }) userId: string | null; // of a user token
  @Column('uuid', { name: 'service_account_id', nullable: true }) serviceAccountId: string | null; // of the other kind
  @Column({ type: 'uuid', name: 'principal_id', insert: false, update: false }) principalId: string; // whichever of the two; the claim `sub`
  @Column('text') name: string;
  @Column('text', { nullable: true }) description: string | null;
  @Column('text', { name: 'search_text' }) searchText: string; // the name, folded for search
  @Column('text') profile: string;
  @Column('text', { array: true, nullable: true }) scopes: Scope[] | null; // null: all that the principal may do
  @Column('text', { array: true }) audiences: string[];
  @Column('text') issuer: string; // the claim `iss`
  @Column('text') kid: string; // the key that signed it
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('jsonb', { name: 'created_by' }) createdBy: ActorRef;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date; // as promised at issue, the claim `exp`
  @Column('timestamptz', { name: 'ends_at' }) endsAt: Date; // earlier after a rotation or a cap
  @Column('timestamptz', { name: 'suspended_at', nullable: true }) suspendedAt: Date | null;
  @Column('jsonb', { name: 'suspended_by', nullable: true }) suspendedBy: ActorRef | null;
  @Column('boolean', { name: 'suspended_with_scope' }) suspendedWithScope: boolean; // lifted only with tokens:revoke
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
  @Column('jsonb', { name: 'revoked_by', nullable: true }) revokedBy: ActorRef | null;
  @Column('text', { name: 'revoked_reason', nullable: true }) revokedReason: string | null;
  @Column('uuid', { name: 'predecessor_id', nullable: true }) predecessorId: string | null; // null also once that is purged
  @Column('timestamptz', { name: 'rotated_at', nullable: true }) rotatedAt: Date | null; // stays when the successor is purged
  @Column('boolean', { name: 'ends_on_successors_use' }) endsOnSuccessorsUse: boolean;
  @Column('timestamptz', { name: 'first_used_at', nullable: true }) firstUsedAt: Date | null; // the last use is beside it, in token_uses
}
