# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A part of this project: compiled, put into an archive, linked, run.

set -e
mkdir parts
for source in /vm/source/tests/vm/act*.c; do
	object=${source##*/}
	gcc -D_GNU_SOURCE -std=gnu11 -O1 -Wall -I/vm/source/include -c "$source" \
		-o "parts/${object%.c}.o"
done
mv parts/act.o .
ar rcsD libact.a parts/act_*.o
gcc -o act act.o -L. -lact
./act open r /etc/passwd open r /none memfd -
echo 'int broken(void) { return none; }' >broken.c
gcc -c broken.c || echo "status $?"
gcc /vm/source/none.c || echo "status $?"
