/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See yaml.h. libyaml's events come in, one tree per document goes out; the stack of open
 * collections is bounded by WRIT_YAML_DEPTH_MAX, so nothing recurses.
 */
#include "compile/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "lib/cleanup.h"
#include "writ/abi.h"

struct stream {
	yaml_parser_t parser;
	const char *file;
	struct writ_diagnostics *diags;
	struct writ_arena arena; /* of the current document */
	struct writ_yaml_node *root;
	struct writ_yaml_node *open[WRIT_YAML_DEPTH_MAX];
	size_t depth;
	writ_yaml_document *document;
	void *context;
};

/* A key must be a word, new in its mapping, and not one too many; else it becomes invalid. */
static void check_key(struct stream *stream, const struct writ_yaml_node *parent,
		      struct writ_yaml_node *key)
{
	const struct writ_position at = {stream->file, key->line, key->column};
	enum writ_yaml_type type = key->type;

	key->type = WRIT_YAML_INVALID;
	if (type == WRIT_YAML_INVALID)
		return;
	if (type != WRIT_YAML_SCALAR) {
		(void)writ_diagnostics_error(stream->diags, &at, "a key must be a word");
		return;
	}
	if (parent->count / 2 >= WRIT_YAML_KEYS_MAX) {
		if (parent->count / 2 == WRIT_YAML_KEYS_MAX)
			(void)writ_diagnostics_error(stream->diags, &at,
						     "more than %u keys in one mapping",
						     WRIT_YAML_KEYS_MAX);
		return;
	}
	for (const struct writ_yaml_node *old = parent->first; old != key; old = old->next->next) {
		if (old->type != WRIT_YAML_SCALAR || strcmp(old->text, key->text))
			continue;
		(void)writ_diagnostics_error(stream->diags, &at,
					     "duplicate key \"%.64s\"; first at line %u", key->text,
					     old->line);
		return;
	}
	key->type = WRIT_YAML_SCALAR;
}

/* Adds a copy of @content below the innermost open collection, or as the root. */
static struct writ_yaml_node *add_node(struct stream *stream, struct writ_yaml_node content,
				       yaml_mark_t mark)
{
	struct writ_yaml_node *node = writ_arena_alloc(&stream->arena, sizeof(*node));
	struct writ_yaml_node *parent = stream->depth ? stream->open[stream->depth - 1] : NULL;

	if (!node)
		return NULL;
	*node = content;
	node->line = (uint32_t)mark.line + 1;
	node->column = (uint32_t)mark.column + 1;
	if (!parent) {
		stream->root = node;
		return node;
	}
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	if (parent->type == WRIT_YAML_MAPPING && parent->count % 2 == 0)
		check_key(stream, parent, node);
	parent->count++;
	return node;
}

static bool refuse(struct stream *stream, yaml_mark_t mark, const char *what)
{
	const struct writ_position at = {stream->file, (uint32_t)mark.line + 1,
					 (uint32_t)mark.column + 1};

	(void)writ_diagnostics_error(stream->diags, &at,
				     "%s not allowed in policy; expected the plain value", what);
	return true;
}

static int add_scalar(struct stream *stream, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct writ_yaml_node node = {.type = WRIT_YAML_SCALAR, .len = len};
	bool bad = false;

	if (event->data.scalar.anchor)
		bad = refuse(stream, event->start_mark, "anchors are");
	if (event->data.scalar.tag)
		bad = refuse(stream, event->start_mark, "tags are");
	if (memchr(text, '\0', len))
		bad = refuse(stream, event->start_mark, "a NUL byte is");
	if (bad)
		node.type = WRIT_YAML_INVALID;
	node.plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (node.plain && len == 2 && !memcmp(text, "<<", 2)) {
		refuse(stream, event->start_mark, "merge keys are");
		node.type = WRIT_YAML_INVALID;
	}
	node.text = writ_arena_text(&stream->arena, text, len);
	return node.text && add_node(stream, node, event->start_mark) ? 0 : -ENOMEM;
}

static int open_collection(struct stream *stream, const yaml_event_t *event)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor =
		mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const yaml_char_t *tag =
		mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	const struct writ_position at = {stream->file, (uint32_t)event->start_mark.line + 1,
					 (uint32_t)event->start_mark.column + 1};
	struct writ_yaml_node *node;

	if (anchor)
		refuse(stream, event->start_mark, "anchors are");
	if (tag)
		refuse(stream, event->start_mark, "tags are");
	if (stream->depth == WRIT_YAML_DEPTH_MAX)
		return writ_diagnostics_error(stream->diags, &at, "nested deeper than %u levels",
					      WRIT_YAML_DEPTH_MAX);
	node = add_node(
		stream,
		(struct writ_yaml_node){.type = mapping ? WRIT_YAML_MAPPING : WRIT_YAML_SEQUENCE},
		event->start_mark);
	if (!node)
		return -ENOMEM;
	stream->open[stream->depth++] = node;
	return 0;
}

static int end_document(struct stream *stream)
{
	const struct writ_yaml_node *root = stream->root;
	bool empty = !root || (root->type == WRIT_YAML_SCALAR && root->plain && !root->len);
	int err = empty ? 0 : stream->document(stream->context, root);

	stream->root = NULL;
	writ_arena_free(&stream->arena);
	return err;
}

static int take_event(struct stream *stream, const yaml_event_t *event)
{
	const struct writ_yaml_node invalid = {.type = WRIT_YAML_INVALID};

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		refuse(stream, event->start_mark, "aliases are");
		return add_node(stream, invalid, event->start_mark) ? 0 : -ENOMEM;
	case YAML_SCALAR_EVENT:
		return add_scalar(stream, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return open_collection(stream, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		stream->depth--;
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		return end_document(stream);
	default:
		return 0;
	}
}

static int syntax_error(struct stream *stream)
{
	const yaml_parser_t *parser = &stream->parser;
	const struct writ_position at = {stream->file, (uint32_t)parser->problem_mark.line + 1,
					 (uint32_t)parser->problem_mark.column + 1};

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return writ_diagnostics_error(stream->diags, &at, "not YAML: %s%s%s",
				      parser->problem ? parser->problem : "can't read",
				      parser->context ? " " : "",
				      parser->context ? parser->context : "");
}

static int read_events(struct stream *stream)
{
	for (bool end = false; !end;) {
		yaml_event_t event;
		int err;

		if (!yaml_parser_parse(&stream->parser, &event))
			return syntax_error(stream);
		end = event.type == YAML_STREAM_END_EVENT;
		err = take_event(stream, &event);
		yaml_event_delete(&event);
		if (err)
			return err;
	}
	return 0;
}

int writ_yaml_read(const char *file, const char *bytes, size_t size, struct writ_diagnostics *diags,
		   writ_yaml_document *document, void *context)
{
	struct stream stream = {
		.file = file, .diags = diags, .document = document, .context = context};
	int err;

	if (!yaml_parser_initialize(&stream.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&stream.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&stream.parser, (const unsigned char *)bytes, size);
	err = read_events(&stream);
	yaml_parser_delete(&stream.parser);
	writ_arena_free(&stream.arena);
	return err;
}

const struct writ_yaml_node *writ_yaml_get(const struct writ_yaml_node *node, const char *key)
{
	for (const struct writ_yaml_node *at = node->first; at && at->next; at = at->next->next)
		if (at->type == WRIT_YAML_SCALAR && !strcmp(at->text, key))
			return at->next;
	return NULL;
}

const char *writ_yaml_describe(const struct writ_yaml_node *node, char ret_text[80])
{
	switch (node->type) {
	case WRIT_YAML_SEQUENCE:
		return "a list";
	case WRIT_YAML_MAPPING:
		return "a mapping";
	case WRIT_YAML_SCALAR:
	case WRIT_YAML_INVALID:
		break;
	}
	if (!node->text || (node->plain && !node->len))
		return "nothing";
	(void)snprintf(ret_text, 80, "\"%.64s\"", node->text);
	return ret_text;
}
