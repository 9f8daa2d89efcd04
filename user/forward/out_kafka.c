/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines to a topic of Kafka by librdkafka, the agent's name as the key, so that one agent's lines
 * keep their order. What is taken is what all brokers that must have it have said they have: each
 * message comes back with its delivery report. Where librdkafka was not there at build time, this
 * opens nothing.
 */
#include "forward/out.h"

#include <errno.h>

#ifndef WRIT_KAFKA

bool writ_out_has_kafka(void)
{
	return false;
}

static int open_kafka(struct writ_out *out)
{
	return writ_out_fail(out, -EOPNOTSUPP, "built without Kafka");
}

static void close_kafka(struct writ_out *out)
{
	(void)out;
}

static int send_kafka(struct writ_out *out, const struct writ_record *record, const char *payload,
		      size_t len)
{
	(void)out, (void)record, (void)payload, (void)len;
	return -EOPNOTSUPP;
}

static int nothing_kafka(struct writ_out *out)
{
	(void)out;
	return -EOPNOTSUPP;
}

static void mark_kafka(struct writ_out *out)
{
	(void)out;
}

const struct writ_out_kind writ_out_kafka = {
	.open = open_kafka,
	.close = close_kafka,
	.send = send_kafka,
	.flush = nothing_kafka,
	.mark = mark_kafka,
	.marked = nothing_kafka,
	.finish = nothing_kafka,
};

#else

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "forward/bytes.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define FLUSH_MS 3000 /* at the end, for reports that are under way */
#define FULL_MS 100   /* the queue in memory is full: a look at what came back */

struct own {
	rd_kafka_t *kafka;
	rd_kafka_topic_t *topic;
	/* Messages under way, before the mark and behind it: [epoch & 1]. */
	uint64_t under_way[2];
	unsigned int epoch;
	bool failed;
};

bool writ_out_has_kafka(void)
{
	return true;
}

static void delivered(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
	struct writ_out *out = context;
	struct own *own = out->own;
	const uintptr_t epoch = (uintptr_t)message->_private;

	(void)kafka;
	own->under_way[epoch & 1]--;
	if (!message->err)
		return;
	own->failed = true;
	(void)writ_out_fail(out, -EIO, "kafka: %s", rd_kafka_err2str(message->err));
}

/* An error of all brokers; librdkafka goes on trying, and so the line waits. */
static void trouble(rd_kafka_t *kafka, int error, const char *reason, void *context)
{
	(void)kafka, (void)error;
	(void)writ_out_fail(context, -EIO, "kafka: %s", reason);
}

/* librdkafka's own lines would name hosts on standard error once a second. */
static void be_silent(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
	(void)kafka, (void)level, (void)facility, (void)text;
}

static int set(struct writ_out *out, rd_kafka_conf_t *settings, const char *name, const char *value)
{
	char error[128];

	if (!value ||
	    rd_kafka_conf_set(settings, name, value, error, sizeof(error)) == RD_KAFKA_CONF_OK)
		return 0;
	return writ_out_fail(out, -EINVAL, "kafka: %s", error);
}

static int set_tls(struct writ_out *out, rd_kafka_conf_t *settings)
{
	const struct writ_policy_sink *policy = out->policy;
	int err;

	if (!policy->ca && !policy->certificate)
		return 0;
	err = set(out, settings, "security.protocol", "ssl");
	if (!err)
		err = set(out, settings, "ssl.ca.location", policy->ca);
	if (!err)
		err = set(out, settings, "ssl.certificate.location", policy->certificate);
	if (!err)
		err = set(out, settings, "ssl.key.location", policy->key);
	return err;
}

static int set_all(struct writ_out *out, rd_kafka_conf_t *settings)
{
	static const char *const fixed[][2] = {
		{"client.id", "writ-forward"},
		{"enable.idempotence", "true"}, /* once and in order, whatever is sent again */
		{"message.timeout.ms", "60000"},
		{"queue.buffering.max.messages", "20000"},
		{"queue.buffering.max.kbytes", "32768"},
		{"message.max.bytes", "2000000"},
		{"linger.ms", "50"},
	};
	struct writ_bytes brokers = {0};
	int err = 0;

	for (size_t i = 0; !err && i < out->policy->n_brokers; i++)
		err = writ_bytes_print(&brokers, "%s%s", i ? "," : "", out->policy->brokers[i]);
	if (!err)
		err = writ_bytes_add(&brokers, "", 1);
	if (!err)
		err = set(out, settings, "bootstrap.servers", brokers.at);
	writ_bytes_free(&brokers);
	for (size_t i = 0; !err && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		err = set(out, settings, fixed[i][0], fixed[i][1]);
	return err ? err : set_tls(out, settings);
}

static int make(struct writ_out *out, struct own *own)
{
	rd_kafka_conf_t *settings = rd_kafka_conf_new();
	char error[128];
	int err = set_all(out, settings);

	rd_kafka_conf_set_opaque(settings, out);
	rd_kafka_conf_set_dr_msg_cb(settings, delivered);
	rd_kafka_conf_set_error_cb(settings, trouble);
	rd_kafka_conf_set_log_cb(settings, be_silent);
	if (!err)
		own->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof(error));
	if (!own->kafka) /* else they are its own now */
		rd_kafka_conf_destroy(settings);
	if (err)
		return err;
	if (!own->kafka)
		return writ_out_fail(out, -EIO, "kafka: %s", error);
	own->topic = rd_kafka_topic_new(own->kafka, out->policy->topic, NULL);
	return own->topic ? 0 : writ_out_fail(out, -EIO, "kafka: topic %s", out->policy->topic);
}

static int open_kafka(struct writ_out *out)
{
	struct own *own = calloc(1, sizeof(*own));

	if (!own)
		return writ_out_fail(out, -ENOMEM, "no memory");
	out->own = own;
	return make(out, own);
}

/* What is under way is dropped: it is sent again from the cursor. */
static void close_kafka(struct writ_out *out)
{
	struct own *own = out->own;

	if (!own)
		return;
	if (own->kafka)
		(void)rd_kafka_purge(own->kafka,
				     RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	if (own->topic)
		rd_kafka_topic_destroy(own->topic);
	if (own->kafka) {
		(void)rd_kafka_flush(own->kafka, FULL_MS);
		rd_kafka_destroy(own->kafka);
	}
	free(own);
	out->own = NULL;
}

static int check(const struct own *own)
{
	return own->failed ? -EIO : 0;
}

static int produce(struct own *own, const char *key, const char *payload, size_t len)
{
	if (!rd_kafka_produce(own->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
			      (void *)(uintptr_t)payload, len, *key ? key : NULL, strlen(key),
			      (void *)(uintptr_t)(own->epoch & 1))) {
		own->under_way[own->epoch & 1]++;
		return 0;
	}
	switch (rd_kafka_last_error()) {
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return -EAGAIN;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

static int send_kafka(struct writ_out *out, const struct writ_record *record, const char *payload,
		      size_t len)
{
	const uint64_t since = writ_time_boot();
	struct own *own = out->own;
	int err = produce(own, writ_record_text(record, "agent"), payload, len);

	while (err == -EAGAIN) {
		(void)rd_kafka_poll(own->kafka, FULL_MS);
		if (own->failed)
			return -EIO;
		if (writ_watch_sleep(out->watch, 0))
			return -ECANCELED;
		if (writ_time_boot() - since > WRIT_OUT_TIMEOUT_MS * UINT64_C(1000000))
			return writ_out_fail(out, -ETIMEDOUT, "kafka: takes nothing");
		err = produce(own, writ_record_text(record, "agent"), payload, len);
	}
	if (err == -EIO)
		return writ_out_fail(out, err, "kafka: %s",
				     rd_kafka_err2str(rd_kafka_last_error()));
	return err;
}

static int flush_kafka(struct writ_out *out)
{
	struct own *own = out->own;

	(void)rd_kafka_poll(own->kafka, 0);
	return check(own);
}

/* Messages from here on belong to the other side of the mark, which is empty by now. */
static void mark_kafka(struct writ_out *out)
{
	((struct own *)out->own)->epoch++;
}

static int marked_kafka(struct writ_out *out)
{
	struct own *own = out->own;

	(void)rd_kafka_poll(own->kafka, 0);
	if (own->failed)
		return -EIO;
	return !own->under_way[(own->epoch - 1) & 1];
}

static int finish_kafka(struct writ_out *out)
{
	struct own *own = out->own;

	(void)rd_kafka_flush(own->kafka, FLUSH_MS);
	return !own->failed && !own->under_way[0] && !own->under_way[1];
}

const struct writ_out_kind writ_out_kafka = {
	.open = open_kafka,
	.close = close_kafka,
	.send = send_kafka,
	.flush = flush_kafka,
	.mark = mark_kafka,
	.marked = marked_kafka,
	.finish = finish_kafka,
};

#endif
