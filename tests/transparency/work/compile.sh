# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A part of this project: compiled, put into an archive, linked, run.

set -e
for source in act act_file act_socket act_task; do
	gcc -D_GNU_SOURCE -std=gnu11 -O1 -Wall -I/vm/source/include -c \
		"/vm/source/tests/vm/$source.c" -o "$source.o"
done
ar rcsD libact.a act_file.o act_socket.o act_task.o
gcc -o act act.o -L. -lact
./act open r /etc/passwd open r /none memfd -
echo 'int broken(void) { return none; }' >broken.c
gcc -c broken.c || echo "status $?"
gcc /vm/source/none.c || echo "status $?"
