/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user/forward/sink.c and out_kafka.c with the cluster that librdkafka brings for tests: brokers
 * that are down and come back, lines that come meanwhile, and a restart; all of them are in the
 * topic, each with its agent as the key.
 */
#include "trail_helper.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "forward/cursor.h"
#include "forward/out.h"
#include "forward/sink.h"

#define LINES 2000
#define TOPIC "writ"

static rd_kafka_t *host; /* of the cluster */
static rd_kafka_mock_cluster_t *cluster;
static struct writ_watch watch;
static struct writ_forward_row row;
static struct writ_sink_common common;
static struct writ_sink *sink;
static struct writ_trail *trail;
static unsigned int put;
static const char *brokers;
static struct writ_policy_sink policy = {
	.name = "kafka",
	.type = WRIT_SINK_KAFKA,
	.brokers = &brokers,
	.n_brokers = 1,
	.topic = TOPIC,
};

static int set_up(void **state)
{
	rd_kafka_conf_t *settings = rd_kafka_conf_new();
	char error[256];

	if (trail_set_up(state))
		return -1;
	host = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof(error));
	cluster = rd_kafka_mock_cluster_new(host, 2);
	assert_non_null(cluster);
	brokers = rd_kafka_mock_cluster_bootstraps(cluster);
	assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 2, 2), 0);
	trail = trail_open(NULL);
	put = 0;
	return 0;
}

static int tear_down(void **state)
{
	writ_trail_close(trail);
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
	return trail_tear_down(state);
}

static void start(void)
{
	struct writ_place place;
	bool known = !writ_cursor_load(trail_directory, "kafka", &place);

	assert_int_equal(writ_watch_open(trail_log, &watch), 0);
	common = (struct writ_sink_common){
		.log = trail_log, .state = trail_directory, .watch = &watch};
	writ_page_row(&row, "kafka", "kafka");
	assert_int_equal(writ_sink_start(&common, &policy, known ? &place : NULL, &row, &sink), 0);
}

static void stop(void)
{
	writ_watch_stop(&watch);
	writ_sink_join(sink);
	writ_watch_close(&watch);
}

static void put_lines(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++, put++) {
		char line[160];
		int len =
			snprintf(line, sizeof(line),
				 "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"decision\","
				 "\"agent\":\"agent-%u\",\"n\":%u}\n",
				 put % 7, put);

		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
	}
	trail_settle(trail);
	writ_watch_read(&watch);
}

static void wait_for(uint64_t lines)
{
	for (int i = 0; i < 600 && writ_page_get(&row.sent_lines) < lines; i++) {
		writ_watch_read(&watch);
		(void)usleep(100000);
	}
	if (writ_page_get(&row.sent_lines) < lines)
		fail_msg("%llu of %llu: %s", (unsigned long long)row.sent_lines,
			 (unsigned long long)lines, row.error);
}

static rd_kafka_t *consumer(void)
{
	rd_kafka_conf_t *settings = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(2);
	char error[256];
	rd_kafka_t *kafka;

	(void)rd_kafka_conf_set(settings, "bootstrap.servers", brokers, error, sizeof(error));
	(void)rd_kafka_conf_set(settings, "group.id", "test", error, sizeof(error));
	kafka = rd_kafka_new(RD_KAFKA_CONSUMER, settings, error, sizeof(error));
	assert_non_null(kafka);
	for (int i = 0; i < 2; i++)
		rd_kafka_topic_partition_list_add(partitions, TOPIC, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(kafka, partitions), 0);
	rd_kafka_topic_partition_list_destroy(partitions);
	return kafka;
}

/* The number of a line, whose key must be its agent; UINT_MAX: a line of the log's own. */
static unsigned int check(const rd_kafka_message_t *message)
{
	const char *n = memmem(message->payload, message->len, "\"n\":", 4);
	unsigned int number;
	char key[32];

	if (!n)
		return UINT32_MAX;
	number = (unsigned int)strtoul(n + 4, NULL, 10);
	(void)snprintf(key, sizeof(key), "agent-%u", number % 7);
	assert_int_equal(message->key_len, strlen(key));
	assert_memory_equal(message->key, key, strlen(key));
	return number;
}

/* Every line that was put is in the topic. */
static void assert_all(void)
{
	_cleanup_free_ char *seen = calloc(1, put);
	rd_kafka_t *kafka = consumer();
	unsigned int n = 0;

	for (int i = 0; n < put && i < 300;) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 100);
		unsigned int number = message && !message->err ? check(message) : UINT32_MAX;

		i += !message;
		if (number < put && !seen[number]) {
			seen[number] = 1;
			n++;
		}
		if (message)
			rd_kafka_message_destroy(message);
	}
	(void)rd_kafka_consumer_close(kafka);
	rd_kafka_destroy(kafka);
	assert_int_equal(n, put);
}

static void brokers_up(void **state)
{
	(void)state;
	assert_true(writ_out_has_kafka());
	start();
	put_lines(LINES);
	wait_for(LINES);
	stop();
	assert_all();
}

static void brokers_down_and_up(void **state)
{
	(void)state;
	start();
	put_lines(LINES);
	wait_for(LINES / 2);
	(void)rd_kafka_mock_broker_set_down(cluster, 1);
	(void)rd_kafka_mock_broker_set_down(cluster, 2);
	put_lines(LINES);
	(void)usleep(2000000);
	assert_true(writ_page_get(&row.sent_lines) < put);
	(void)rd_kafka_mock_broker_set_up(cluster, 1);
	(void)rd_kafka_mock_broker_set_up(cluster, 2);
	put_lines(LINES);
	wait_for(3 * LINES);
	stop();
	assert_all();
}

/* Ends while no broker is there: the cursor stays, and the next one sends what was not taken. */
static void ends_while_brokers_are_down(void **state)
{
	(void)state;
	start();
	put_lines(LINES);
	wait_for(LINES);
	(void)rd_kafka_mock_broker_set_down(cluster, 1);
	(void)rd_kafka_mock_broker_set_down(cluster, 2);
	put_lines(LINES);
	(void)usleep(500000);
	stop();
	(void)rd_kafka_mock_broker_set_up(cluster, 1);
	(void)rd_kafka_mock_broker_set_up(cluster, 2);
	start();
	wait_for(LINES);
	stop();
	assert_all();
}

#define KAFKA_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KAFKA_TEST(brokers_up),
		KAFKA_TEST(brokers_down_and_up),
		KAFKA_TEST(ends_while_brokers_are_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
