# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A tree with every kind of file, packed, unpacked, copied and mirrored: modes, owners, links, times,
# attributes, a device, a pipe, names with odd bytes.

set -e
umask 022
mkdir -p tree/dir/deep tree/empty
echo one >tree/one
echo two >tree/dir/two
ln tree/one tree/hard
ln -s ../one tree/dir/soft
ln -s /nowhere tree/dangling
mkfifo tree/pipe
mknod tree/null c 1 3
printf 'odd' >"$(printf 'tree/new\nline and \\ and \377')"
chmod 4755 tree/dir/two
chmod 1777 tree/empty
chown 33:33 tree/one
chmod u=rw,go= tree/one
setfattr -n trusted.note -v kept tree/one
find tree -exec touch -h -d '2000-02-03 04:05:06' {} +
/usr/bin/tar --xattrs --xattrs-include='*' -cf tree.tar --sort=name --numeric-owner \
	--pax-option='exthdr.name=%d/%f,delete=atime,delete=ctime' tree
/usr/bin/tar -tvf tree.tar --numeric-owner | grep -v ' tree/$'
mkdir unpacked
/usr/bin/tar --xattrs --xattrs-include='*' -xpf tree.tar -C unpacked
rsync -aHX --numeric-ids tree/ mirror/
rm tree/dir/two
echo three >tree/three
touch -d '2000-02-03 04:05:06' tree tree/dir tree/three
rsync -aHX --numeric-ids --delete --itemize-changes tree/ mirror/
mv mirror/dir mirror/moved
cp -a mirror copied
truncate -s 100 copied/three
rm -rf mirror
