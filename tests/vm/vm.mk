# SPDX-License-Identifier: Apache-2.0
# The programs that tests/vm/run carries into the guests. Static, so that an agent that runs one
# opens nothing but it; never with sanitizers, which static programs can't have.
ifndef VM_TESTS

VM_TESTS := $(addprefix $(B)/tests/vm/,act audit objects control hostile ask tiny storm receive preload.so)
VM_CFLAGS := -D_GNU_SOURCE -std=gnu11 -O2 -g -Iinclude $(WARNINGS)

$(B)/tests/vm:
	@mkdir -p $@

$(B)/tests/vm/act: $(wildcard tests/vm/act*.h) $(wildcard tests/vm/act*.c)
$(B)/tests/vm/audit: tests/vm/audit.c
$(B)/tests/vm/storm: tests/vm/storm.c
$(B)/tests/vm/receive: tests/vm/receive.c
$(B)/tests/vm/objects: VM_CFLAGS += -Iuser # the list of programs
$(B)/tests/vm/objects: tests/vm/objects.c user/kernel/kernel.h include/writ/maps.h include/writ/abi.h
$(B)/tests/vm/control: tests/vm/control.c include/writ/control.h include/writ/maps.h

$(B)/tests/vm/hostile: tests/vm/hostile.c include/writ/control.h include/writ/maps.h include/writ/request.h

$(B)/tests/vm/tiny: VM_CFLAGS += -nostartfiles
$(B)/tests/vm/tiny: tests/bench/tiny.c

# asks the compiler itself, so it is built of it
$(B)/tests/vm/ask: VM_CFLAGS += -Iuser
$(B)/tests/vm/ask: VM_LIBS := $(B)/libwrit.a -lyaml
$(B)/tests/vm/ask: tests/vm/ask.h $(wildcard tests/vm/ask*.c) $(B)/libwrit.a

$(filter-out %.so,$(VM_TESTS)): | $(B)/tests/vm
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -static -o $@ $(filter %.c,$^) $(VM_LIBS) -ljansson

$(B)/tests/vm/preload.so: tests/vm/preload.c | $(B)/tests/vm
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -fPIC -shared -o $@ $<

# writd itself with one answer changed, so it is linked as writd is
$(B)/tests/vm/lossy: tests/vm/lossy.c $(B)/user/daemon/writd.o $(B)/libwrit.a | $(B)/tests/vm
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Wl,--wrap=writ_hooks_lost $^ $(LIBS) -o $@

# holds the maps as writd does
$(B)/tests/vm/attest: tests/vm/attest.c $(B)/libwrit.a | $(B)/tests/vm
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) $^ $(LIBS) -o $@

# gives up what writd does, by its tables
$(B)/tests/vm/confined: tests/vm/confined.c $(B)/libwrit.a | $(B)/tests/vm
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) $^ $(LIBS) -o $@

.PHONY: vm-tests
vm-tests: $(VM_TESTS) $(B)/tests/vm/lossy $(B)/tests/vm/attest $(B)/tests/vm/confined

include tests/escape/escape.mk tests/transparency/transparency.mk

endif
