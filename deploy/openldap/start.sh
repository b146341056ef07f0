#!/bin/sh
# An OpenLDAP with the demo people: fills the folder at the first start, then becomes slapd. In the image it is given both
# arguments; where Debian's slapd is installed: deploy/openldap/start.sh FOLDER [URL], on ldap://127.0.0.1:1389.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
url=${2:-ldap://127.0.0.1:1389}
PATH=$PATH:/usr/sbin # where slapd is, and an ordinary user's PATH may not lead

sed "s#/var/lib/demo-ldap#$folder#" "$here/slapd.conf" > "$folder/slapd.conf"
if [ ! -e "$folder/filled" ]; then
  rm -f "$folder/data.mdb" "$folder/lock.mdb" # of a first start that was cut off
  slapadd -q -f "$folder/slapd.conf" -l "$here/demo.ldif"
  touch "$folder/filled"
fi
exec slapd -f "$folder/slapd.conf" -h "$url" -d 0
