import { AdministratorGroupEntity, GroupEntity, GroupMemberEntity, UserEntity } from '@tokenwarden/directory';
import { PolicyVersionEntity } from '@tokenwarden/policy';
import { ServiceAccountEntity, ServiceAccountGroupEntity } from '@tokenwarden/service-accounts';
import { SessionEntity } from '@tokenwarden/sessions';
import { SigningKeyEntity } from '@tokenwarden/signing';
import { AccessTokenEntity } from '@tokenwarden/tokens';

/** Every table that a room has as an entity, for the one connection of a process. */
export const entities = [
  UserEntity,
  GroupEntity,
  GroupMemberEntity,
  AdministratorGroupEntity,
  ServiceAccountEntity,
  ServiceAccountGroupEntity,
  SigningKeyEntity,
  PolicyVersionEntity,
  AccessTokenEntity,
  SessionEntity,
];
