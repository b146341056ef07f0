"""Makes a domain of Active Directory with people in it, in the folder that is its first argument."""

import logging
import sys

from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.provision import provision
from samba.samdb import SamDB

folder, users = sys.argv[1], int(sys.argv[2])
reader, reader_password, admin_password = sys.argv[3:6]
SUFFIX = "DC=tw,DC=test"
NEVER = -(2**63)

domain = provision(
    logging.getLogger("domain"),
    system_session(),
    targetdir=folder,
    realm="TW.TEST",
    domain="TW",
    hostname="dc1",
    hostip="127.0.0.1",
    serverrole="active directory domain controller",
    dns_backend="NONE",
    use_rfc2307=True,
    adminpass=admin_password,
    dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
    skip_sysvolacl=True,
)

# Without it each new entry makes the next one slower: ten times as long in all.
options = ["batch_mode:1"]
database = SamDB(domain.paths.samdb, session_info=system_session(), lp=domain.lp, options=options)
database.transaction_start()
database.set_maxPwdAge(str(NEVER))  # the domain is kept for longer than the administrator's password would hold
for unit in ("People", "Groups", "Services"):
    database.add({"dn": f"OU={unit},{SUFFIX}", "objectClass": "organizationalUnit"})
database.add(
    {
        "dn": f"CN={reader},OU=Services,{SUFFIX}",
        "objectClass": "user",
        "sAMAccountName": reader,
        "unicodePwd": f'"{reader_password}"'.encode("utf-16-le"),
        "userAccountControl": str(512 + 65536),  # an account that is enabled, and its password does not expire
    }
)
people = [f"CN=User {n:04},OU=People,{SUFFIX}" for n in range(users)]
for n, dn in enumerate(people):
    database.add(
        {
            "dn": dn,
            "objectClass": "user",
            "sAMAccountName": f"user{n:04}",
            "displayName": f"User {n}",
            "mail": f"user{n:04}@tw.test",
            "userAccountControl": str(512 + 32),  # enabled, and without a password: making each takes its time
        }
    )
database.add({"dn": f"CN=everybody,OU=Groups,{SUFFIX}", "objectClass": "group", "member": people})
database.transaction_commit()
