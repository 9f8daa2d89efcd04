# SPDX-License-Identifier: Apache-2.0
# libFuzzer programs: clang, with both sanitizers. The command line is not fuzzed.

FUZZ := $(B)/fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/%.o,$(filter-out user/cli/%,$(SOURCES)))
FUZZ_CFLAGS := -std=gnu11 -O1 -g -fsanitize=address$(comma)undefined -fno-sanitize-recover=all

$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CLANG) $(CPPFLAGS_ALL) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(patsubst %.c,$(FUZZ)/%.o,$(wildcard user/kernel/*.c)): $(B)/include/writ.skel.h $(B)/include/writ_maps.skel.h

# an archive: what a fuzzer has itself (fake_kernel.h) is not taken from it
$(FUZZ)/objects.a: $(FUZZ_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(FUZZERS): $(FUZZ)/%: $(FUZZ)/tests/fuzz/%.o $(FUZZ)/objects.a
	$(call say,LD,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $^ $(LIBS) $(BROKER_LIBS) $(FORWARD_LIBS) -o $@

-include $(wildcard $(FUZZ)/user/*/*.d $(FUZZ)/tests/fuzz/*.d)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

.PHONY: fuzz
fuzz: ## Fuzzers, SECONDS each (default 30)
	$(Q)tests/fuzz/run $(or $(SECONDS),30)
