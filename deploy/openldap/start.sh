#!/bin/sh
# Fills the directory at the first start, then becomes slapd.
set -eu
if [ ! -e /var/lib/demo-ldap/data.mdb ]; then
  slapadd -q -f /etc/demo-ldap/slapd.conf -l /etc/demo-ldap/demo.ldif
fi
exec slapd -f /etc/demo-ldap/slapd.conf -h ldap://0.0.0.0:1389 -d 0
