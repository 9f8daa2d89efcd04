# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A web server with two workers, as root and as www-data, under load; a reload in between.

mkdir -p www run
dd if=/dev/zero of=www/zeros bs=1024 count=6 2>/dev/null
cat >conf <<CONF
user www-data;
worker_processes 2;
pid $PWD/run/pid;
error_log $PWD/run/error warn;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $PWD/run/body;
	proxy_temp_path $PWD/run/proxy;
	fastcgi_temp_path $PWD/run/fastcgi;
	uwsgi_temp_path $PWD/run/uwsgi;
	scgi_temp_path $PWD/run/scgi;
	server {
		listen 127.0.0.1:8080;
		root $PWD/www;
		location /gone { return 410; }
	}
}
CONF
nginx -e "$PWD/run/early" -c "$PWD/conf" || exit 1
/vm/bin/load 8080 400 /zeros
/vm/bin/load 8080 16 /gone
/vm/bin/load 8080 16 /none
nginx -e "$PWD/run/early" -c "$PWD/conf" -s reload
/vm/bin/load 8080 400 /zeros
nginx -e "$PWD/run/early" -c "$PWD/conf" -s quit
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -e run/pid ] || break
	sleep 0.5
done
[ ! -e run/pid ] && echo ended
# without times, numbers of processes and of connections, in no order
sed -i -E 's/^[^[]*\[/[/; s/\] [0-9]+#[0-9]+:( \*[0-9]+)?/]/' run/error run/early
sort -o run/error run/error
