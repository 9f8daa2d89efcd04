# SPDX-License-Identifier: Apache-2.0
# All techniques in one static program, and the list of them that the guest reads.
ifndef ESCAPE_SOURCES

ESCAPE_SOURCES := $(sort $(wildcard tests/escape/*_*.c))
ESCAPE_OBJECTS := $(ESCAPE_SOURCES:tests/escape/%.c=$(B)/tests/escape/%.o)
ESCAPE_FILES := $(B)/tests/escape/escape $(B)/tests/escape/techniques

$(B)/tests/escape:
	@mkdir -p $@

# Rewritten when a technique comes or goes.
$(B)/tests/escape/table.h: $(ESCAPE_SOURCES) tests/escape | $(B)/tests/escape
	$(Q)printf 'X(%s)\n' $(ESCAPE_SOURCES:tests/escape/%.c=%) > $@

$(B)/tests/escape/techniques: $(ESCAPE_SOURCES) tests/escape/header.awk tests/escape | $(B)/tests/escape
	$(Q)LC_ALL=C awk -f tests/escape/header.awk $(ESCAPE_SOURCES) > $@

$(ESCAPE_OBJECTS): $(B)/tests/escape/%.o: tests/escape/%.c tests/escape/escape.h | $(B)/tests/escape
	$(call say,CC,$<)
	$(Q)$(CC) $(VM_CFLAGS) -Descape_prepare=$*_prepare -Descape_attempt=$*_attempt -c -o $@ $<

$(B)/tests/escape/escape: tests/escape/main.c tests/escape/kit.c tests/escape/escape.h \
		$(B)/tests/escape/table.h $(ESCAPE_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -I$(B)/tests/escape -static -pthread -s -o $@ $(filter %.c %.o,$^)

vm-tests: $(ESCAPE_FILES)

endif
