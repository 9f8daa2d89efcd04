# SPDX-License-Identifier: Apache-2.0
# Where the instructions of an operation go: the guest's program, the emulator's plugin, the report.

PROFILE := $(addprefix $(B)/tests/bench/profile/,subject plugin.so report)

$(PROFILE): tests/bench/profile/trace.h
$(B)/tests/bench/profile/%: tests/bench/profile/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -static -o $@ $(filter %.c,$^)

$(B)/tests/bench/profile/report: tests/bench/profile/symbols.c tests/bench/profile/stack.c \
	tests/bench/profile/symbols.h tests/bench/profile/stack.h

# what it calls is in QEMU
$(B)/tests/bench/profile/plugin.so: tests/bench/profile/plugin.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -fPIC -fvisibility=hidden -shared -o $@ $<

.PHONY: bench-profile
bench-profile: all $(PROFILE) ## Where the instructions of an operation go, into docs/performance.md
	$(Q)tests/bench/profile/run

.PHONY: bench-page
bench-page: ## The tables of docs/performance.md, from what bench and bench-profile have measured
	$(Q)tests/bench/profile/page
