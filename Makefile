# SPDX-License-Identifier: Apache-2.0
# Builds everything under build/. `make help` lists the targets; V=1 shows the commands;
# SANITIZE=1 builds into build/sanitize with AddressSanitizer and UBSan.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC := gcc
CLANG ?= clang
BPFTOOL ?= bpftool

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

B := build$(if $(SANITIZE),/sanitize)

comma := ,
WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE \
	$(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SANITIZERS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
CPPFLAGS_ALL = -D_GNU_SOURCE -DWRIT_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(B)/include $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 $(if $(SANITIZE),-O1 -ftree-vrp,-O2) -g $(WARNINGS) $(HARDENING) $(SANITIZERS) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SANITIZERS) $(LDFLAGS)
LIBS := -lbpf -lelf -lz -lyaml -ljansson -lsodium
BROKER_LIBS := -lmicrohttpd -lsqlite3
# Kafka is optional: without librdkafka a policy that names it is refused by writ-forward
KAFKA := $(shell pkg-config --exists rdkafka && echo yes)
FORWARD_LIBS := -lssl -lcrypto -lcurl $(if $(KAFKA),-lrdkafka)

# --- the BPF object: one file per hook family, one object, one skeleton ---------------------------

BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_x86 -Wall -Wextra -Werror \
	-Wno-unused-function -Wno-unused-parameter -Iinclude -Ivmlinux -Ibpf -I/usr/include/$(shell $(CC) -dumpmachine)
BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.bpf.c=$(B)/bpf/%.o)
BPF_HEADERS := $(wildcard bpf/*.h vmlinux/*.h include/writ/*.h)

$(B)/bpf/%.o: bpf/%.bpf.c $(BPF_HEADERS) | $(B)/bpf
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# maps.o first: the linker of libbpf 1.1 gives a map that it met as extern before its definition a
# wrong offset
$(B)/writ.bpf.o: $(BPF_OBJECTS)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $(B)/bpf/maps.o $(filter-out %/maps.o,$(sort $^))

$(B)/include/writ.skel.h: $(B)/writ.bpf.o | $(B)/include
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name writ_bpf > $@

# the maps, and the program that writes records: what a load test has, where programs of hooks do not load
$(B)/writ_maps.bpf.o: $(B)/bpf/maps.o $(B)/bpf/note.o
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/include/writ_maps.skel.h: $(B)/writ_maps.bpf.o | $(B)/include
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name writ_maps > $@

# --- user space: every room but the five mains is one archive ------------------------------------

MAINS := user/daemon/writd.c user/cli/writ.c user/broker/main.c user/audit/main.c \
	user/forward/main.c
SOURCES := $(filter-out $(MAINS),$(wildcard user/*/*.c))
OBJECTS := $(SOURCES:%.c=$(B)/%.o)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(patsubst %.c,$(B)/%.o,$(wildcard user/kernel/*.c)): $(B)/include/writ.skel.h $(B)/include/writ_maps.skel.h

$(B)/libwrit.a: $(OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/writd: $(B)/user/daemon/writd.o $(B)/libwrit.a
$(B)/writ: $(B)/user/cli/writ.o $(B)/libwrit.a
$(B)/writd $(B)/writ:
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS) -o $@

# the only one of them that speaks HTTP and SQL
$(B)/writ-broker: $(B)/user/broker/main.o $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS) $(BROKER_LIBS) -o $@

# the only one with TLS, HTTP of others, and Kafka: none of these lives beside a key or a right
$(B)/writ-forward: $(B)/user/forward/main.o $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS) $(FORWARD_LIBS) -o $@

$(B)/user/forward/out_kafka.o: CPPFLAGS_ALL += $(if $(KAFKA),-DWRIT_KAFKA)

# the one that reads what agents have caused: as little as it takes
$(B)/writ-audit: $(B)/user/audit/main.o $(B)/libwrit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lyaml -lz -ljansson -lsodium -o $@

$(B)/bpf $(B)/include $(B)/tests:
	@mkdir -p $@

-include $(OBJECTS:.o=.d) $(wildcard $(B)/user/*/*.d $(B)/tests/*/*.d)

# --- targets --------------------------------------------------------------------------------------

.PHONY: all
all: $(B)/writd $(B)/writ $(B)/writ-broker $(B)/writ-audit $(B)/writ-forward ## Build the programs

include tests/tests.mk tests/bpf/bpf.mk

.PHONY: demo
demo: deps all ## A real job under Writ, from denial to expiry (in a VM where the host can't attach)
	$(Q)tests/demo/run

.PHONY: deps
deps: ## Install what a fresh Debian 12 lacks
	$(Q)tools/deps

.PHONY: lint
lint: ## House rules: dependencies between folders, sizes, format, forbidden words
	$(Q)tools/lint

.PHONY: install
install: all ## Install into DESTDIR and PREFIX
	install -D -m 0755 $(B)/writd $(DESTDIR)$(PREFIX)/sbin/writd
	install -D -m 0755 $(B)/writ-broker $(DESTDIR)$(PREFIX)/sbin/writ-broker
	install -D -m 0755 $(B)/writ-forward $(DESTDIR)$(PREFIX)/sbin/writ-forward
	install -D -m 0755 $(B)/writ-audit $(DESTDIR)$(PREFIX)/sbin/writ-audit
	install -D -m 0755 $(B)/writ $(DESTDIR)$(PREFIX)/bin/writ
	for page in docs/man/*.[1-8]; do \
		install -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	for file in policy/*.yaml; do \
		install -D -m 0644 $$file $(DESTDIR)$(PREFIX)/share/writ/policy/$${file##*/}; done
	install -D -m 0644 docs/completion/writ.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/writ
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local/|$(PREFIX)/|' docs/writd.service \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/writd.service

.PHONY: clean
clean: ## Remove build/
	rm -rf build

.PHONY: help
help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
