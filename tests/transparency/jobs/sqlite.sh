# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A database on disk: with a journal, with a write-ahead log, indices, joins, a transaction that is
# taken back, a second process at the same time, a check, a dump.

set -e
sqlite3 shop.db <<SQL
PRAGMA journal_mode=WAL;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price INTEGER);
CREATE TABLE sale(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, count INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
	INSERT INTO item SELECT i, 'item ' || i, i * 7 % 101 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
	INSERT INTO sale SELECT i, 1 + i * 13 % 2000, 1 + i % 9 FROM n;
CREATE INDEX sale_item ON sale(item);
BEGIN; DELETE FROM sale; ROLLBACK;
SQL
# Either may find the other with the lock that the last to close a log needs, so both wait for it.
sqlite3 -cmd '.timeout 20000' shop.db 'UPDATE item SET price = price + 1 WHERE id % 3 = 0' &
sqlite3 -cmd '.timeout 20000' shop.db 'SELECT count(*) FROM sale'
wait $!
sqlite3 shop.db 'SELECT name, sum(count * price) AS sum FROM sale JOIN item ON item.id = sale.item
	GROUP BY item.id ORDER BY sum DESC, name LIMIT 20'
sqlite3 shop.db 'PRAGMA journal_mode=DELETE; VACUUM; PRAGMA integrity_check'
sqlite3 shop.db .dump >dump.sql
sqlite3 copy.db <dump.sql
sqlite3 copy.db 'SELECT count(*), sum(price) FROM item'
rm shop.db # its pages depend on which of the two was first
