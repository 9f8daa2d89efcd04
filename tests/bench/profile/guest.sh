#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest: operations between marks on the stock kernel, beside Writ, and within an agent.
# In: /bench/policy. Out: /out/windows, lines "SYSTEM OPERATION WINDOWS" in the order of the trace;
# /out/kallsyms, with the names of BPF functions.
set -eu

for tenant in d00000005 d00000006; do
	mkdir -p /srv/tenants/$tenant/releases/2026-11/static/assets
done
echo x >/srv/tenants/d00000005/releases/2026-11/static/assets/site.js

/bench/subject stock >/out/windows
writd --policy /bench/policy >/out/writd.log 2>&1 &
tries=0
until writ status >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || { cat /out/writd.log; exit 1; }
	sleep 0.1
done
sleep 1
/bench/subject writ_unmanaged >>/out/windows
writ run bench -- /bench/subject writ_role_1000 >/tmp/managed
cat /tmp/managed >>/out/windows
cat /proc/kallsyms >/out/kallsyms
