/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a question (explain.h): operations, access, peers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/address.h"
#include "compile/explain.h"
#include "writ/names.h"

/* Words of files: what is behind LINK is of arguments and sockets. */
#define FILE_BITS 9u

#define UNIX_NAME_MAX 107u /* unix(7): 108 bytes of sun_path, the first of them NUL */

int writ_explain_access(const char *words, uint32_t *ret_access)
{
	uint32_t access = 0;

	while (*words) {
		size_t len = strcspn(words, ",");
		uint32_t bit = 0;

		while (bit < FILE_BITS && (strlen(writ_access_name(bit)) != len ||
					   strncmp(writ_access_name(bit), words, len)))
			bit++;
		if (bit == FILE_BITS)
			return -EINVAL;
		access |= 1u << bit;
		words += len;
		words += *words == ',';
	}
	if (!access)
		return -EINVAL;
	*ret_access = access;
	return 0;
}

int writ_explain_operation(const char *word, struct writ_explain_question *question)
{
	static const struct {
		const char *word;
		uint32_t operation;
		uint32_t access;
	} operations[] = {
		{"read", WRIT_OP_OPEN, WRIT_ACCESS_READ},
		{"write", WRIT_OP_OPEN, WRIT_ACCESS_WRITE},
		{"create", WRIT_OP_OPEN, WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE},
		{"open", WRIT_OP_OPEN, 0},
		{"exec", WRIT_OP_EXEC, 0},
		{"connect", WRIT_OP_CONNECT, 0},
		{"delete", WRIT_OP_UNLINK, WRIT_ACCESS_DELETE},
		{"mknod", WRIT_OP_MKNOD, WRIT_ACCESS_CREATE},
		{"mkdir", WRIT_OP_MKDIR, WRIT_ACCESS_CREATE},
		{"symlink", WRIT_OP_SYMLINK, WRIT_ACCESS_CREATE},
		{"unlink", WRIT_OP_UNLINK, WRIT_ACCESS_DELETE},
		{"rmdir", WRIT_OP_RMDIR, WRIT_ACCESS_DELETE},
		{"truncate", WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE},
		{"chmod", WRIT_OP_CHMOD, WRIT_ACCESS_ATTRIBUTES},
		{"chown", WRIT_OP_CHOWN, WRIT_ACCESS_ATTRIBUTES},
		{"utimes", WRIT_OP_UTIMES, WRIT_ACCESS_ATTRIBUTES},
		{"xattr", WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES},
		{"map", WRIT_OP_MAP, WRIT_ACCESS_MAP},
		{"bind", WRIT_OP_BIND, 0},
		{"listen", WRIT_OP_LISTEN, 0},
		{"send", WRIT_OP_SEND, 0},
	};

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(operations[i].word, word))
			continue;
		question->operation = operations[i].operation;
		question->access = operations[i].access;
		return 0;
	}
	return -EINVAL;
}

bool writ_explain_is_socket(uint32_t operation)
{
	return operation == WRIT_OP_CONNECT || operation == WRIT_OP_BIND ||
	       operation == WRIT_OP_LISTEN || operation == WRIT_OP_SEND;
}

/* The protocol's word before the address; none: tcp. */
static const char *take_protocol(const char *text, uint32_t *ret_protocol)
{
	static const uint32_t protocols[] = {WRIT_PROTOCOL_TCP, WRIT_PROTOCOL_UDP};

	*ret_protocol = WRIT_PROTOCOL_TCP;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		const char *word = writ_protocol_name(protocols[i]);
		size_t len = strlen(word);

		if (strncmp(text, word, len) || text[len] != ' ')
			continue;
		*ret_protocol = protocols[i];
		return text + len + 1;
	}
	return text;
}

/* "[::1]:53", "::1 53", "10.0.0.1:443", "10.0.0.1 443" -> the two parts. */
static int split_peer(const char *text, char *address, size_t size, const char **ret_port)
{
	bool bracket = *text == '[';
	const char *end = bracket ? strchr(text, ']') : strchr(text, ' ');

	if (!bracket && !end)
		end = strrchr(text, ':');
	text += bracket;
	if (!end || (size_t)(end - text) >= size)
		return -EINVAL;
	memcpy(address, text, (size_t)(end - text));
	address[end - text] = '\0';
	end += bracket;
	if (*end != ':' && *end != ' ')
		return -EINVAL;
	*ret_port = end + 1;
	return 0;
}

/* Port 0, of the kernel's choice, is asked for by those who bind. */
static int parse_port(const char *text, uint32_t operation, uint16_t *ret_port)
{
	struct writ_port_span span = {0};

	if (strcmp(text, "0") || (operation != WRIT_OP_BIND && operation != WRIT_OP_LISTEN))
		if (writ_address_ports(text, &span) || span.low != span.high)
			return -EINVAL;
	*ret_port = span.low;
	return 0;
}

static int parse_unix(const char *text, struct writ_explain_question *question,
		      const char **ret_why)
{
	*ret_why = "expected an absolute path, or @ and an abstract name of at most 107 bytes";
	if (*text != '/' && *text != '@')
		return -EINVAL;
	if (*text == '@' && strlen(text + 1) > UNIX_NAME_MAX)
		return -EINVAL;
	question->protocol = 0;
	question->path = text;
	return 0;
}

int writ_explain_peer(const char *text, struct writ_explain_question *question,
		      const char **ret_why)
{
	static const char local[] = "unix:";
	uint32_t protocol, bits;
	uint8_t bytes[16];
	const char *port;
	char address[64];
	uint16_t number;

	if (*text == '/' || *text == '@')
		return parse_unix(text, question, ret_why);
	if (!strncmp(text, local, strlen(local)))
		return parse_unix(text + strlen(local), question, ret_why);
	*ret_why = "expected an address and a port, such as tcp 10.0.0.1:443 or udp [::1]:53, or "
		   "a Unix socket, such as unix:/run/app.sock or unix:@name";
	text = take_protocol(text, &protocol);
	if (split_peer(text, address, sizeof(address), &port) || strchr(address, '/') ||
	    parse_port(port, question->operation, &number))
		return -EINVAL;
	if (writ_address_parse(address, bytes, &bits, ret_why))
		return -EINVAL;
	*ret_why = "send is for udp and Unix sockets; tcp connects, with MSG_FASTOPEN too";
	if (question->operation == WRIT_OP_SEND && protocol == WRIT_PROTOCOL_TCP)
		return -EINVAL;
	question->path = NULL;
	question->protocol = protocol;
	question->port = number;
	memcpy(question->address, bytes, sizeof(bytes));
	return 0;
}
