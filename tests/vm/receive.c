/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody who takes log messages: receive SOCKET FILE. Listens on the Unix stream socket and puts
 * all that comes into the file, from one connection after the other, until it is killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), out, fd;
	char bytes[65536];
	ssize_t n;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	(void)strcpy(address.sun_path, argv[1]);
	(void)unlink(argv[1]);
	(void)umask(0); /* any user may send */
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (out < 0 || listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 8)) {
		perror(argv[1]);
		return 1;
	}
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while ((n = read(fd, bytes, sizeof(bytes))) > 0)
			if (write(out, bytes, (size_t)n) != n)
				return 1;
		(void)close(fd);
	}
	return 1;
}
