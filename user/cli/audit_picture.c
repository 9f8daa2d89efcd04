/* SPDX-License-Identifier: Apache-2.0 */
/* The time line of a report as SVG: how many decisions when, and when grants were held. */
#include <inttypes.h>

#include "cli/audit_report.h"

#define WIDTH 960
#define BARS 110     /* height of the bars */
#define LANE 16	     /* of a grant */
#define LANES_MAX 20 /* more are in the list below only */
#define AXIS 18

struct picture {
	const struct writ_report *report;
	FILE *file;
	int64_t from_us;
	int64_t to_us;
	uint64_t most;
	size_t lanes;
};

static double x_of(const struct picture *picture, int64_t us)
{
	double span = (double)(picture->to_us - picture->from_us);
	double x = span > 0 ? (double)(us - picture->from_us) / span * WIDTH : 0;

	return x < 0 ? 0 : x > WIDTH ? WIDTH : x;
}

static double put_bar(const struct picture *picture, size_t i, double y, uint64_t n,
		      const char *kind)
{
	int64_t from = picture->report->columns_from_us + (int64_t)i * picture->report->column_us;
	double x = x_of(picture, from);
	double width = x_of(picture, from + picture->report->column_us) - x - 0.5;
	double height = (double)n / (double)picture->most * BARS;
	char moment[WRIT_REPORT_TIME_SIZE];

	if (!n)
		return y;
	if (height < 2)
		height = 2; /* one denial among a million is to be seen */
	y -= height;
	(void)fprintf(picture->file,
		      "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
		      "<title>%s: %" PRIu64 " %s</title></rect>\n",
		      kind, x, y < 0 ? 0 : y, width < 1.5 ? 1.5 : width, height,
		      writ_report_moment(from, moment), n, kind);
	return y;
}

static void put_columns(const struct picture *picture)
{
	for (size_t i = 0; i < WRIT_REPORT_COLUMNS; i++) {
		const struct writ_report_column *column = &picture->report->columns[i];
		double y = BARS;

		y = put_bar(picture, i, y, column->denied, "denied");
		y = put_bar(picture, i, y, column->would_deny, "would");
		(void)put_bar(picture, i, y, column->allowed, "allowed");
	}
}

static void put_lane(const struct picture *picture, const struct writ_report_grant *grant,
		     size_t lane)
{
	double from = grant->issued_us == INT64_MIN ? 0 : x_of(picture, grant->issued_us);
	double to = grant->ended_us == INT64_MIN ? WIDTH : x_of(picture, grant->ended_us);
	double y = BARS + 6 + (double)lane * LANE;
	bool right = from > WIDTH - 90;

	(void)fprintf(picture->file,
		      "<rect class=\"lane\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" "
		      "rx=\"3\"/><text x=\"%.1f\" y=\"%.1f\"%s>grant %" PRIu64 "</text>\n",
		      from, y, to - from < 2 ? 2 : to - from, LANE - 3, right ? from - 4 : from + 4,
		      y + LANE - 6, right ? " text-anchor=\"end\"" : "", grant->number);
}

/* Of a grant whose lines are not there nobody can say when it was held. */
static bool has_lane(const struct writ_report_grant *grant)
{
	return grant->issued_us != INT64_MIN || grant->ended_us != INT64_MIN;
}

static void put_lanes(const struct picture *picture)
{
	size_t lane = 0;

	for (size_t i = 0; i < picture->report->n_grants && lane < picture->lanes; i++)
		if (has_lane(&picture->report->grants[i]))
			put_lane(picture, &picture->report->grants[i], lane++);
}

static size_t count_lanes(const struct writ_report *report)
{
	size_t lanes = 0;

	for (size_t i = 0; i < report->n_grants && lanes < LANES_MAX; i++)
		lanes += has_lane(&report->grants[i]);
	return lanes;
}

static void put_gaps(const struct picture *picture, int height)
{
	for (size_t i = 0; i < picture->report->n_gaps; i++)
		(void)fprintf(picture->file,
			      "<line class=\"gap\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/>\n",
			      x_of(picture, picture->report->gaps[i].time_us),
			      x_of(picture, picture->report->gaps[i].time_us), height);
}

void writ_report_picture(const struct writ_report *report, FILE *file)
{
	struct picture picture = {
		.report = report,
		.file = file,
		.from_us = report->first_us,
		.to_us = report->last_us,
		.most = 1,
		.lanes = count_lanes(report),
	};
	int height = BARS + 6 + (int)picture.lanes * LANE;
	char from[WRIT_REPORT_TIME_SIZE], to[WRIT_REPORT_TIME_SIZE];

	for (size_t i = 0; i < WRIT_REPORT_COLUMNS; i++) {
		const struct writ_report_column *column = &report->columns[i];
		uint64_t n = column->allowed + column->denied + column->would_deny;

		picture.most = n > picture.most ? n : picture.most;
	}
	(void)fprintf(file,
		      "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"decisions by time\">\n",
		      WIDTH, height + AXIS);
	put_columns(&picture);
	(void)fprintf(file, "<line class=\"axis\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
		      WIDTH, BARS, BARS);
	put_lanes(&picture);
	put_gaps(&picture, height);
	(void)fprintf(file,
		      "<text x=\"0\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" "
		      "text-anchor=\"end\">%s</text>\n</svg>\n",
		      height + AXIS - 4, writ_report_moment(report->first_us, from), WIDTH,
		      height + AXIS - 4, writ_report_moment(report->last_us, to));
}
