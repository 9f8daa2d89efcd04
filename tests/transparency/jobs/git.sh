# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A repository: commits on two branches, a merge, a clone, a checkout, packing, a check of all objects.

set -e
export HOME="$PWD" GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost GIT_COMMITTER_NAME=c \
	GIT_COMMITTER_EMAIL=c@localhost GIT_AUTHOR_DATE='1000000000 +0000' \
	GIT_COMMITTER_DATE='1000000000 +0000' GIT_CONFIG_NOSYSTEM=1
git init -q -b main origin
cp -r /vm/source/tests/vm/. origin/
cd origin
git add .
git commit -q -m 'all of it'
git checkout -q -b other
git mv act.c renamed.c
git commit -q -am 'a file renamed'
git checkout -q main
echo changed >>act.h
git commit -q -am 'a file changed'
git merge -q -m merged other
git gc -q
git fsck --full
cd ..
git clone -q origin copy
cd copy
git checkout -q HEAD~1
git log --oneline --all
git status --short
git diff --stat HEAD~1
cd ..
# the index holds times and inode numbers
rm -rf origin/.git/index copy/.git/index origin/.git/logs copy/.git/logs
