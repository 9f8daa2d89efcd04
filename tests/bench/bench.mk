# SPDX-License-Identifier: Apache-2.0
# Measurements: the program that measures this host, and what is carried into the guest.
ifndef BENCH_OBJECTS

BENCH_DIR := $(B)/tests/bench
BENCH_ALONE := operations measure crowd confine attach tiny compare figures
BENCH_OBJECTS := $(patsubst %.c,$(B)/%.o,$(filter-out %.bpf.c $(BENCH_ALONE:%=tests/bench/%.c), \
	$(wildcard tests/bench/*.c)))

$(BENCH_OBJECTS): CPPFLAGS += -Itests/bpf -Itests/load
$(BENCH_OBJECTS): $(B)/include/decide_test.skel.h
$(BENCH_DIR)/bench: $(BENCH_OBJECTS) $(LOAD_OBJECTS) $(B)/tests/bpf/harness.o $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS) -lcmocka -o $@

# static: the same instructions on every host, and nothing for an agent to load
BENCH_GUEST := $(addprefix $(BENCH_DIR)/,measure crowd confine tiny)

$(BENCH_DIR):
	@mkdir -p $@

$(BENCH_DIR)/measure: tests/bench/operations.c tests/bench/operations.h
$(BENCH_DIR)/tiny: BENCH_FLAGS := -nostartfiles
$(BENCH_GUEST): $(BENCH_DIR)/%: tests/bench/%.c | $(BENCH_DIR)
	$(call say,CC,$<)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARNINGS) -static $(BENCH_FLAGS) $(filter %.c,$^) -o $@

$(BENCH_DIR)/attach: tests/bench/attach.c | $(BENCH_DIR)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) $< -lbpf -lelf -lz -o $@

$(BENCH_DIR)/figures: $(addprefix $(BENCH_DIR)/,figures.o compare.o report.o vm.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -ljansson -o $@

# from the hooks' own sections, so that the floor has the hooks that Writ has
$(BENCH_DIR)/empty.bpf.c: tests/bench/empty.awk $(filter-out bpf/reach.bpf.c,$(BPF_SOURCES)) | $(BENCH_DIR)
# those that are attached only while a grant may have something open
$(BENCH_DIR)/empty_reach.bpf.c: tests/bench/empty.awk bpf/reach.bpf.c | $(BENCH_DIR)
$(BENCH_DIR)/empty.bpf.c $(BENCH_DIR)/empty_reach.bpf.c:
	$(call say,GEN,$@)
	$(Q)awk -f $^ > $@

$(BENCH_DIR)/empty.bpf.o: $(BENCH_DIR)/empty.bpf.c
$(BENCH_DIR)/empty_reach.bpf.o: $(BENCH_DIR)/empty_reach.bpf.c
$(BENCH_DIR)/floor.bpf.o: tests/bench/floor.bpf.c
$(BENCH_DIR)/empty.bpf.o $(BENCH_DIR)/empty_reach.bpf.o $(BENCH_DIR)/floor.bpf.o: $(BPF_HEADERS) | $(BENCH_DIR)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $(filter %.c,$^) -o $@

.PHONY: bench-guest
bench-guest: all $(BENCH_GUEST) $(addprefix $(BENCH_DIR)/,attach empty.bpf.o empty_reach.bpf.o floor.bpf.o figures)

.PHONY: bench
bench: all bench-guest $(BENCH_DIR)/bench ## Measure, into build/bench/results.json
	$(Q)tests/bench/run

.PHONY: bench-compare
bench-compare: $(BENCH_DIR)/figures ## What has changed since BASE=results.json, an earlier run's
	$(Q)$< compare $(or $(BASE),$(error BASE=PATH/results.json)) $(or $(NEW),build/bench/results.json)

.PHONY: bench-baseline
bench-baseline: export REASON := $(value REASON)
bench-baseline: bench-guest ## Renew tests/bench/baseline.json, REASON='why the figures change'
	$(Q)tests/bench/baseline renew

.PHONY: test-bench
test-bench: ## Guest instructions, at most 3 % over tests/bench/baseline.json
	$(Q)tests/run bench

endif
