# SPDX-License-Identifier: Apache-2.0
# What tests/bench/endtoend/run carries into its guest beside the tree of tests/transparency.

$(B)/tests/bench/endtoend/lapse: tests/bench/endtoend/lapse.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(VM_CFLAGS) -static -o $@ $<
