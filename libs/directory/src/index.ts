export { DirectoryModule } from './directory.module.js';
export { DirectoryService } from './directory.service.js';
export { DirectoryViews } from './directory-views.js';
export { FileSource, type FileSourceOptions } from './file-source.js';
export { LdapSource } from './ldap/ldap-source.js';
export { hashPassword } from './password-hash.js';
export { UserEntity } from './user.entity.js';
export { AdministratorGroupEntity, GroupEntity, GroupMemberEntity } from './group.entity.js';
export { applyAnswer, applySignIn, HeldAnswer } from './apply-answer.js';
export { compareAnswer, type Comparison } from './compare-answer.js';
export { namedIn, whyHeld, type Losses, type NamedLosses, type Toll } from './brake.rules.js';
export { hasWholeCopy } from './directory-copy.queries.js';
export {
  NotWhole,
  type DirectoryAnswer,
  type DirectoryCheck,
  type DirectorySource,
  type WholeAnswer,
} from './directory-answer.js';
export {
  usersWho,
  type DirectoryChanges,
  type DirectoryGroup,
  type DirectoryUser,
  type GroupChange,
  type NamedEntry,
  type UserChange,
} from './directory-changes.rules.js';
export {
  administratorGroupWarnings,
  hasAdministrators,
  pinAdministratorGroups,
  pinMissingAdministratorGroups,
  repinAdministratorGroups,
  type PinnedGroups,
} from './administrator-groups.js';
export { meaningOf, NOBODY_ADMINISTERS, pinnedId } from './administrator-groups.rules.js';
export {
  GRANTS_OF_GROUP,
  groupsOfUser,
  lockUser,
  permissionsOfUser,
  userById,
  usersByIds,
} from './users.queries.js';
export {
  grantsByGroup,
  GROUP_COLUMNS,
  groupsByIds,
  lockGroups,
  permissionsOfGroups,
} from './groups.queries.js';
export { heldPermissionsOfUser, holdCaller, type HeldCaller } from './held-permissions.js';
export { ADMINISTRATORS_TO_TELL, AdministratorsMail } from './administrators-mail.js';
export { refuseLockOut } from './lock-out.js';
export { BY_NAME } from './lists.queries.js';
export { firstNotHeld } from './grants.rules.js';
export { setGrants } from './grants.service.js';
export { Group, GroupConnection, toGroup } from './group.type.js';
export { toUser, User, UserConnection } from './user.type.js';
export { readsDirectory, seesGroup, seesMembers, type UserView } from './visibility.rules.js';
export { takenIds } from './taken-ids.rules.js';
