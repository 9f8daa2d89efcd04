# SPDX-License-Identifier: Apache-2.0
# The tests that run the hooks' decision code as real BPF programs on the build host: one object
# from the hooks' own parts and the test's programs, and one cmocka program for each test_*.c.

BPF_TEST_OBJECT := $(B)/tests/bpf/decide_test.bpf.o
BPF_TEST_PARTS := $(addprefix $(B)/bpf/,maps.o match.o decide.o event.o program.o guard.o rights.o note.o) \
	$(B)/tests/bpf/decide_test.o
BPF_TESTS := $(patsubst tests/bpf/%.c,$(B)/tests/bpf/%,$(wildcard tests/bpf/test_*.c))

$(B)/tests/bpf/decide_test.o: tests/bpf/decide_test.bpf.c tests/bpf/decide_test.h $(BPF_HEADERS)
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Itests/bpf -c $< -o $@

$(BPF_TEST_OBJECT): $(BPF_TEST_PARTS)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/include/decide_test.skel.h: $(BPF_TEST_OBJECT) | $(B)/include
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name decide_test > $@

$(patsubst tests/bpf/%.c,$(B)/tests/bpf/%.o,$(filter-out %.bpf.c,$(wildcard tests/bpf/*.c))): \
	$(B)/include/decide_test.skel.h

$(BPF_TESTS): $(B)/tests/bpf/%: $(B)/tests/bpf/%.o $(B)/tests/bpf/harness.o $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS) -lcmocka -o $@

# it starts the program itself
$(B)/tests/bpf/test_audit $(B)/tests/bpf/test_audit_loss: | $(B)/writ-audit

# Runs in the guests: user/kernel says which hooks a kernel lacks.
$(B)/tests/bpf/verifier: tests/bpf/verifier.c $(B)/libwrit.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) $^ $(LIBS) -o $@

vm-tests: $(B)/tests/bpf/verifier

.PHONY: verifier
verifier: all $(B)/tests/bpf/verifier ## Renew tests/bpf/verifier.txt, what each program costs to verify
	$(Q)tests/bpf/verifier

.PHONY: bpf-tests
bpf-tests: $(BPF_TESTS)
