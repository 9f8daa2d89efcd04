# SPDX-License-Identifier: Apache-2.0
# writd under load, without hooks: what `make bench` measures with, and the kill test.
LOAD_DIR := $(B)/tests/load
LOAD_OBJECTS := $(addprefix $(LOAD_DIR)/,host.o client.o)

$(LOAD_DIR)/kill: $(LOAD_DIR)/kill.o $(LOAD_DIR)/check.o $(LOAD_OBJECTS) $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS) -lsqlite3 -o $@

.PHONY: load-tests
load-tests: all $(LOAD_DIR)/kill

.PHONY: soak
soak: load-tests $(B)/tests/bpf/test_audit_loss ## KILLS random kills under load (default 10000; half an hour), 1000 of the log's writer alone; root
	$(Q)WRIT_KILLS=1000 $(B)/tests/bpf/test_audit_loss
	$(Q)$(LOAD_DIR)/kill $(or $(KILLS),10000) $(SEED)
