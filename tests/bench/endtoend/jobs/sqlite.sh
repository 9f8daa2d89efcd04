# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What a database on disk does, after the pattern of SQLite's own speedtest1: rows in one
# transaction, rows with a journal each, an index, look-ups, joins, updates, deletes, a VACUUM.

set -e
{
	echo 'CREATE TABLE t(a INTEGER, b INTEGER, c TEXT);'
	echo 'BEGIN;'
	echo "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		INSERT INTO t SELECT i, i * 7919 % 20011, 'row number ' || i FROM n;"
	echo 'COMMIT;'
	i=0
	while [ $i -lt 250 ]; do # each makes a journal, and removes it
		i=$((i + 1))
		echo "INSERT INTO t VALUES($i, $((i * 31)), 'one by one');"
	done
	echo 'CREATE INDEX t_b ON t(b);'
	i=0
	while [ $i -lt 500 ]; do
		i=$((i + 1))
		echo "SELECT count(*), avg(a) FROM t WHERE b BETWEEN $((i * 20)) AND $((i * 20 + 100));"
	done
	echo "SELECT count(*) FROM t AS x JOIN t AS y ON x.b = y.a WHERE y.c LIKE '%9';"
	echo 'UPDATE t SET a = a + 1 WHERE b % 3 = 0;'
	echo 'DELETE FROM t WHERE b % 5 = 0;'
	echo 'VACUUM; PRAGMA integrity_check;'
} >speed.sql
sqlite3 speed.db <speed.sql
