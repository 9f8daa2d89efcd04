# SPDX-License-Identifier: Apache-2.0
# The tests' part of the build. Each tier prints its cases and `N passed, N failed`; `make test`
# runs all tiers and adds them up (tests/run).

UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(B)/%)

# Some hundred and twenty programs are linked, twice: binutils' other linker takes half as long.
TEST_LDFLAGS := $(if $(shell command -v ld.gold),-fuse-ld=gold)

$(UNIT_TESTS): $(B)/%: $(B)/%.o $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(TEST_LDFLAGS) $^ $(LIBS) $(BROKER_LIBS) $(FORWARD_LIBS) -lcmocka -o $@

# it has a clock of its own
$(B)/tests/unit/test_http_time: TEST_LDFLAGS += -Wl,--wrap=writ_time_boot
$(B)/tests/unit/test_cuts: TEST_LDFLAGS += -Wl,--wrap=writ_notes_daemon

# it runs the program itself
$(B)/tests/unit/test_broker: | $(B)/writ-broker
$(B)/tests/unit/test_forward $(B)/tests/unit/test_forward_alerts: | $(B)/writ-forward

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

.PHONY: test-unit
test-unit: ## Unit tests, plain and with sanitizers; no root
	$(Q)tests/run unit

.PHONY: test-bpf
test-bpf: ## Decision code as real BPF programs, by BPF_PROG_RUN on this host; root
	$(Q)tests/run bpf

.PHONY: test-vm
test-vm: ## The real hooks on stock kernels 6.1, 6.12 and the newest, in QEMU
	$(Q)tests/run vm

.PHONY: test
test: deps ## All of them
	$(Q)tests/run unit bpf fuzz vm bench

include tests/load/load.mk tests/vm/vm.mk tests/bench/bench.mk tests/fuzz/fuzz.mk
include tests/bench/endtoend/endtoend.mk
include tests/bench/profile/profile.mk
