# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2054
#
# Starts QEMU and judges how it ended.
# In:  $kernel_dir/vmlinux, $work/initramfs.cpio, the options.
# Out: the guest's ttyS1 on stdout; exit status; --out directory; on failure the console on stderr.
# Serial lines: 0 kernel console -> console, 1 output -> a FIFO that cat empties, 2 result -> result.
# QEMU's own status says nothing (a panic ends it with 0): only the line "status N" does.

# Full emulation on one thread: stock kernels hang under nested KVM, and two threads crash some. The
# processor lacks ERMS and FSRM: with them each byte that the kernel clears is a turn of the emulator's
# loop, and an instruction in its count.
machine=(
	qemu-system-x86_64 -machine q35 -accel tcg,thread=single -smp 1 -cpu max,-erms,-fsrm
	-nodefaults -no-user-config -display none -no-reboot -monitor none
)

# An oops ends the run: a kernel that went on would make a failure look like a success.
# no_timer_check: on a busy machine the emulated timer is too late for the kernel's look at it.
kernel_arguments='console=ttyS0 quiet panic=-1 oops=panic mitigations=off no_timer_check rdinit=/init'

# An emulator translates code once for each address that it runs at: where programs keep theirs, 300
# of them started in 4 s and not in 18. And the kernel need not test its own ciphers at each boot.
quick_arguments='norandmaps cryptomgr.notests'

# Guest time counts instructions, the same from boot to boot.
exact_machine=(-icount shift=0,sleep=off -seed 1 -rtc base=2026-11-22,clock=vm)
exact_arguments='tsc=reliable clocksource=tsc nokaslr norandmaps'

# The archive is held twice while the kernel unpacks it.
guest_memory() {
	local size need_mb
	size=$(stat -c %s "$work/initramfs.cpio")
	need_mb=$((384 + 2 * size / 1048576))
	echo "${memory:-$((need_mb > 512 ? need_mb : 512))}"
}

qemu_command() {
	: >"$work/console"
	: >"$work/qemu.log"
	qemu=("${machine[@]}" -m "$(guest_memory)" -kernel "$kernel_dir/vmlinux" -initrd initramfs.cpio)
	[[ -z $plugin ]] || qemu+=(-plugin "$plugin")
	if ((icount)); then
		qemu+=("${exact_machine[@]}" -append "$kernel_arguments $exact_arguments$append")
	else
		qemu+=(-append "$kernel_arguments $quick_arguments$append")
	fi
}

console_lines() {
	tr -d '\r' <"$work/console" | grep -av 'reboot: Power down' || true
}

show_console() {
	{
		grep -v 'terminating on signal' "$work/qemu.log" | tail -n 5 || true
		if [[ -n $(console_lines) ]]; then
			echo "--- last console lines of the guest (kernel $kernel) ---"
			console_lines | tail -n "$1"
			echo '---'
		fi
	} >&2
}

# Two lines of text, the archive behind them.
take_out() {
	local header
	header=$(head -n 2 "$work/result" | wc -c)
	mkdir -p -- "$out"
	tail -c +$((header + 1)) "$work/result" |
		tar -C "$out" -xzf - --no-same-owner --no-overwrite-dir 2>"$work/tar.log" || {
		note "what the guest left in /out did not arrive whole: $(head -n 1 "$work/tar.log")"
		return 1
	}
}

boot_run() {
	local reader hold ended=0 started='' status='' where='the guest was still booting'
	local -a qemu
	qemu_command
	: >"$work/result"
	mkfifo "$work/output"
	# Held open by us as well, so that neither side waits for one that never comes. If our own
	# reader goes away (| head), the guest must still be able to finish.
	exec {hold}<>"$work/output"
	(cat || exec cat >/dev/null) <"$work/output" {hold}>&- &
	reader=$!
	(
		cd "$work" || exit
		exec {hold}>&-
		exec timeout --foreground -k 2 "$timeout" "${qemu[@]}" -serial file:console \
			-chardev file,id=output,path=output -serial chardev:output -serial file:result \
			</dev/null >qemu.log 2>&1
	) &
	guest_pid=$!
	wait "$guest_pid" || ended=$?
	guest_pid=
	exec {hold}>&-
	wait "$reader" || true
	{ read -r started && read -r status; } <"$work/result" 2>/dev/null || true
	if [[ $started == started && $status =~ ^status\ ([0-9]+)$ ]]; then
		finish "${BASH_REMATCH[1]}"
	fi
	show_console 60
	[[ $started != started ]] || where='the command was running'
	((ended != 124 && ended != 137)) ||
		die "$status_timeout" "timeout after $timeout seconds (--timeout); $where"
	die "$status_broken" "the guest ended without a status (panic, reset or QEMU failure); $where"
}

finish() {
	local status=$1
	[[ -z $out ]] || take_out || status=$status_broken
	((status == 0)) || show_console 20
	exit "$status"
}

boot_shell() {
	local -a qemu
	qemu_command
	note "kernel $kernel; 'exit' or Ctrl-A x ends it"
	(
		cd "$work" || exit
		exec "${qemu[@]}" -serial file:console -chardev stdio,id=output,mux=on,signal=off \
			-serial chardev:output
	)
	show_console 20
}
