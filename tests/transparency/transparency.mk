# SPDX-License-Identifier: Apache-2.0
# What tests/transparency carries into its guest.
ifndef TRANSPARENCY_FILES

TRANSPARENCY_FILES := $(addprefix $(B)/tests/transparency/,manifest load root/made)

$(B)/tests/transparency:
	@mkdir -p $@

$(B)/tests/transparency/manifest $(B)/tests/transparency/load: $(B)/tests/transparency/%: \
		tests/transparency/%.c | $(B)/tests/transparency
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -static -o $@ $<

# The tree's sources are what the guest compiles.
$(B)/tests/transparency/root/made: tests/transparency/tree $(wildcard tests/vm/*.[ch] include/writ/*.h)
	$(call say,TREE,$@)
	$(Q)tests/transparency/tree $(@D) && touch $@

vm-tests: $(TRANSPARENCY_FILES)

endif
