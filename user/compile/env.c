/* SPDX-License-Identifier: Apache-2.0 */
/* See env.h. */
#include "compile/env.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OWN_PREFIX "WRIT_"

bool writ_env_is_name(const char *text, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
				      "0123456789";

	return len && (*text < '0' || *text > '9') && strspn(text, letters) >= len;
}

static const char *value_fault(const char *value)
{
	if (strlen(value) >= WRIT_VALUE_SIZE)
		return "has a value of more than 255 bytes";
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return "has a control byte in its value";
	return NULL;
}

const char *writ_env_fault(const char *entry)
{
	size_t len = strcspn(entry, "*=");

	if (!writ_env_is_name(entry, len) || (entry[len] == '*' && entry[len + 1]))
		return "is neither NAME, PREFIX* nor NAME=VALUE, with names of [A-Za-z0-9_] that "
		       "begin with no digit";
	if (len >= WRIT_NAME_SIZE)
		return "has a name of more than 63 bytes";
	if (!strncmp(entry, OWN_PREFIX, strlen(OWN_PREFIX)))
		return "is Writ's own: it sets WRIT_GRANT and WRIT_AGENT, and hands on no other "
		       "of that beginning";
	return entry[len] == '=' ? value_fault(entry + len + 1) : NULL;
}

bool writ_env_passes(const char *entry, const char *name, size_t len)
{
	size_t written = strcspn(entry, "*=");

	if (entry[written] == '=' || strncmp(entry, name, written) ||
	    !strncmp(name, OWN_PREFIX, strlen(OWN_PREFIX)))
		return false;
	return entry[written] == '*' ? len >= written : len == written;
}

static int read_entry(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	struct writ_env_entry *entry = element;
	const char *fault;
	int err = writ_reader_text(reader, value, "env", WRIT_ENV_SIZE - 1, &entry->text);

	entry->at = writ_reader_at(reader, value);
	if (err)
		return err;
	fault = writ_env_fault(entry->text);
	return fault ? writ_diagnostics_error(reader->diags, &entry->at, "env: \"%.64s\" %s",
					      entry->text, fault)
		     : 0;
}

/* A variable has one entry; a prefix may take in the name of another one. */
static int check_repeated(struct writ_reader *reader, const struct writ_env_entry *entries,
			  size_t at)
{
	const char *text = entries[at].text;
	size_t len = strcspn(text, "=");

	for (size_t i = 0; i < at; i++)
		if (strcspn(entries[i].text, "=") == len && !strncmp(entries[i].text, text, len))
			return writ_diagnostics_error(reader->diags, &entries[at].at,
						      "env: \"%.*s\" is named twice", (int)len,
						      text);
	return 0;
}

int writ_env_read(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_policy_playbook *playbook = object;
	const struct writ_env_entry *entries;
	const void *items = NULL;
	size_t n = 0, size = 0;
	int err = writ_reader_list(reader, value, "env", WRIT_ENV_MAX,
				   sizeof(struct writ_env_entry), read_entry, &items, &n);

	if (err)
		return err;
	entries = items;
	for (size_t i = 0; i < n; i++) {
		size += strlen(entries[i].text) + 1;
		err = writ_reader_worse(err, check_repeated(reader, entries, i));
	}
	if (size > WRIT_ENV_SIZE)
		err = writ_diagnostics_error(reader->diags, &at,
					     "env: %zu bytes, one behind each entry included; the "
					     "most is %u",
					     size, WRIT_ENV_SIZE);
	playbook->env = entries;
	playbook->n_env = n;
	return err;
}

/* --- advice ----------------------------------------------------------------------------------- */

/* What finds code, or files that are obeyed, by the variable; each list ends in NULL. */
static const struct {
	const char *who;
	const char *names[18];
} obeyed[] = {
	{"the dynamic linker", {"LD_*", "GLIBC_TUNABLES"}},
	{"the C library",
	 {"GCONV_PATH", "LOCPATH", "NLSPATH", "TZDIR", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN",
	  "RES_OPTIONS", "RESOLV_*", "MALLOC_*"}},
	{"a shell",
	 {"PATH", "IFS", "ENV", "BASH*", "SHELLOPTS", "PS4", "PROMPT_COMMAND", "CDPATH",
	  "GLOBIGNORE", "ZDOTDIR", "FPATH"}},
	{"Python", {"PYTHON*"}},
	{"Perl", {"PERL*"}},
	{"Ruby", {"RUBY*", "GEM_*", "BUNDLE_*"}},
	{"Node.js", {"NODE_*", "NPM_*"}},
	{"Java", {"JAVA_*", "_JAVA_*", "JDK_*", "CLASSPATH"}},
	{"PHP", {"PHPRC", "PHP_*"}},
	{"Lua", {"LUA_*"}},
	{"OpenSSL", {"OPENSSL_*", "SSL_CERT_*"}},
	{"Git", {"GIT_*"}},
	{"a program that starts another one",
	 {"EDITOR", "VISUAL", "PAGER", "MANPAGER", "SYSTEMD_PAGER", "LESSOPEN", "LESSCLOSE",
	  "BROWSER", "SSH_ASKPASS", "SUDO_ASKPASS"}},
	{"a program that looks for its configuration there", {"HOME", "XDG_*"}},
	{"a terminal program", {"TERMINFO", "TERMINFO_DIRS", "TERMCAP"}},
};

/* Is there a variable that both, each a name or a prefix, speak of? */
static bool meet(const char *a, const char *b)
{
	size_t a_len = strcspn(a, "*"), b_len = strcspn(b, "*");

	if (strncmp(a, b, a_len < b_len ? a_len : b_len))
		return false;
	return a_len == b_len || (a_len < b_len ? a[a_len] : b[b_len]) == '*';
}

static const char *who_obeys(const char *entry)
{
	for (size_t i = 0; i < COUNT(obeyed); i++)
		for (const char *const *name = obeyed[i].names; *name; name++)
			if (meet(entry, *name))
				return obeyed[i].who;
	return NULL;
}

void writ_env_advise(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < playbook->n_env; i++) {
		const struct writ_env_entry *entry = &playbook->env[i];
		const char *who = strchr(entry->text, '=') ? NULL : who_obeys(entry->text);

		if (who)
			(void)writ_diagnostics_warn(diags, &entry->at,
						    "env: \"%s\" hands on what %s obeys, so the "
						    "caller of 'writ exec' decides what runs with "
						    "playbook \"%s\": write NAME=VALUE",
						    entry->text, who, playbook->name);
	}
}
