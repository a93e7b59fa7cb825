# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The reference build: GNU make and a C compiler, no configure step, no generated headers.
#
#   make [all]         the libraries, the command, the examples
#   make lib | tool    the libraries | the command
#   make check         every test suite; check-quick: those that take seconds
#   make lint          format, static analysis, licences, layers; make format mends the first
#   make mutants       break the protocol and the model: do the tests notice? (long)
#   make bench         build and run the benchmarks
#   make freestanding  the core for x86-64, aarch64 and riscv64, linked without a C library
#   make bugs          48 page-table bugs that others shipped: is each of them tested for?
#   make metal         bare guests with the MMU on, compared with what the machine says (minutes)
#   make origin        what the origin patch saves: barriers counted on a running arm64 machine
#   make walk-replay   the walks that a real kernel recorded, done again; DIR=: another recording
#   make size          text and stack of a map+unmap+protect+walk+gather link for aarch64
#   make install       to $(DESTDIR)$(PREFIX)
#
#   O=DIR            where everything is built (default: build)
#   V=1              show the commands
#   CC=, CROSS_COMPILE=aarch64-linux-gnu-
#   SIMD=1           let the compiler use vector registers in the core
#   WERROR=0         warnings are not errors
#   SANITIZE=LIST    as for -fsanitize=

include sources.mk

O ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
V ?= 0
WERROR ?= 1

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
AR := $(CROSS_COMPILE)ar

ifeq ($(V),0)
Q := @
say = @printf '  %-5s %s\n' '$(1)' '$(2)';
else
Q :=
say =
endif

TARGET := $(shell $(CC) $(CFLAGS) -dumpmachine)
ARCH := $(firstword $(subst -, ,$(TARGET)))

# Flags --------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wundef -Wmissing-prototypes -Wstrict-prototypes
ifneq ($(WERROR),0)
WARN += -Werror
endif

OPT := -O2 -g
ifneq ($(SANITIZE),)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
endif

BASE := -std=c11 $(OPT) $(WARN) -Iinclude -MMD -MP

# The core leaves floating point and vector registers alone, and calls nothing but mem*.
CORE_ARCH_x86_64 := -mgeneral-regs-only
CORE_ARCH_aarch64 := -mno-outline-atomics -mgeneral-regs-only
ifeq ($(SIMD),1)
CORE_ARCH_x86_64 :=
CORE_ARCH_aarch64 := -mno-outline-atomics
endif
CORE_FLAGS := $(BASE) -ffreestanding -nostdlib -ffunction-sections -fdata-sections \
	$(CORE_ARCH_$(ARCH)) $(CPPFLAGS) $(CFLAGS)
HOSTED_FLAGS := $(BASE) -D_GNU_SOURCE $(CPPFLAGS) $(CFLAGS)
TEST_FLAGS := $(HOSTED_FLAGS) -pthread

# What is built ------------------------------------------------------------------------------

CORE_SRC := $(PW_SRC) $(PW_INSTANCE_SRC) $(PW_FIELDS_SRC) $(PW_PLATFORM_SRC)
INSN_aarch64 := $(PW_PLATFORM_ARM64_INSN_SRC)
INSN_riscv64 := $(PW_PLATFORM_RISCV_INSN_SRC)
INSN_x86_64 := $(PW_PLATFORM_X86_INSN_SRC)
CORE_SRC += $(INSN_$(ARCH))
PROGRAM_SRC := $(PW_EXAMPLES) $(PW_BENCHES) $(PW_TESTS)

to_obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
to_bin = $(patsubst %.c,$(O)/%,$(1))

LIB := $(O)/libpagewalk.a
LINUX_LIB := $(if $(strip $(PW_LINUX_SRC)),$(O)/libpagewalk-linux.a)
MODEL_LIB := $(if $(strip $(PW_MODEL_SRC)),$(O)/libpagewalk-model.a)
SOURCES_LIB := $(if $(strip $(PW_SOURCES_SRC)),$(O)/obj/sources.a)
TOOL := $(if $(strip $(PW_CMD_SRC)),$(O)/pagewalk)
ALL_LIBS := $(SOURCES_LIB) $(MODEL_LIB) $(LINUX_LIB) $(LIB)
EXAMPLES := $(call to_bin,$(PW_EXAMPLES))
BENCHES := $(call to_bin,$(PW_BENCHES))
TESTS := $(call to_bin,$(PW_TESTS))
# The manual needs scdoc, and nothing else does.
MAN := $(if $(shell command -v scdoc),$(patsubst man/%.scd,$(O)/man/%,$(PW_MAN)))

.PHONY: all lib tool examples benches tests captures man check check-quick lint format bench size \
	freestanding bugs metal origin walk-replay mutants install clean print-%
.DELETE_ON_ERROR:

all: lib tool examples
lib: $(LIB) $(LINUX_LIB) $(MODEL_LIB)
tool: $(TOOL)
examples: $(EXAMPLES)
benches: $(BENCHES)
tests: $(TESTS)
man: $(MAN)

CORE_OBJ := $(call to_obj,$(CORE_SRC) $(PW_LINUX_SRC) $(PW_MODEL_SRC))
HOSTED_OBJ := $(call to_obj,$(PW_SOURCES_SRC) $(PW_CMD_SRC) $(PW_EXAMPLES) $(PW_BENCHES))
TEST_OBJ := $(call to_obj,$(PW_TEST_SHARED_SRC) $(PW_TESTS))

$(CORE_OBJ): FLAGS = $(CORE_FLAGS)
$(HOSTED_OBJ): FLAGS = $(HOSTED_FLAGS)
$(TEST_OBJ): FLAGS = $(TEST_FLAGS)

$(sort $(CORE_OBJ) $(HOSTED_OBJ) $(TEST_OBJ)): $(O)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -c $< -o $@

$(LIB): $(call to_obj,$(CORE_SRC))
$(LINUX_LIB): $(call to_obj,$(PW_LINUX_SRC))
$(MODEL_LIB): $(call to_obj,$(PW_MODEL_SRC))
$(SOURCES_LIB): $(call to_obj,$(PW_SOURCES_SRC))
$(LIB) $(LINUX_LIB) $(MODEL_LIB) $(SOURCES_LIB): sources.mk
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(O)/pagewalk: $(call to_obj,$(PW_CMD_SRC)) $(ALL_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOSTED_FLAGS) $(LDFLAGS) $^ -o $@

$(TESTS): $(call to_obj,$(PW_TEST_SHARED_SRC))
$(sort $(call to_bin,$(PROGRAM_SRC))): $(O)/%: $(O)/obj/%.o $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_FLAGS) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) -o $@

$(MAN): $(O)/man/%: man/%.scd
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)scdoc <$< >$@

-include $(patsubst %.o,%.d,$(sort $(CORE_OBJ) $(HOSTED_OBJ) $(TEST_OBJ)))

# Checks -------------------------------------------------------------------------------------

# Shipped captures are compressed; tests and demo read them from $(O)/captures.
captures:
	$(Q)tools/unpack-captures tests/captures $(O)/captures

RUN_SUITES = tools/run-suites --build $(O)

check: all tests benches captures
	$(Q)$(RUN_SUITES) $(TESTS)

check-quick: all tests benches captures
	$(Q)$(RUN_SUITES) --quick $(TESTS)

# As the reference version of clang-format has it.
format:
	$(Q)git ls-files -co --exclude-standard -- '*.c' '*.h' | xargs clang-format -i

lint:
	$(Q)PW_BUILD=$(O) tools/lint

bench: benches captures
	$(Q)$(O)/bench/leaf time
	$(Q)bench/instructions $(O)/bench/leaf
	$(Q)$(O)/bench/model time

mutants: lib
	$(Q)tools/mutants --build $(O)

size:
	$(Q)PW_BUILD=$(O) tests/size.sh

freestanding:
	$(Q)PW_BUILD=$(O) tests/freestanding.sh

metal:
	$(Q)PW_BUILD=$(O) tests/metal/run.sh --full

origin:
	$(Q)PW_BUILD=$(O) tests/origin.sh

bugs: tests
	$(Q)PW_BUILD=$(O) tests/bugs/run

walk-replay:
	$(Q)PW_BUILD=$(O) tests/walk-replay.sh $(if $(DIR),"$(DIR)")

# For scripts: make -s print-PW_SRC
print-%:
	@printf '%s\n' $($*)

# Delivery -----------------------------------------------------------------------------------

VERSION := $(shell sed -n \
	's/^\#define PW_VERSION_[A-Z]* \([0-9]*\)$$/\1/p' include/pagewalk/types.h | paste -sd.)

$(O)/pagewalk.pc: pagewalk.pc.in include/pagewalk/types.h Makefile
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@

install: lib tool man $(O)/pagewalk.pc
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(PREFIX)/include/pagewalk
	install -m 644 include/pagewalk/*.h $(DESTDIR)$(PREFIX)/include/pagewalk
	install -d $(DESTDIR)$(PREFIX)/include/pagewalk/linux
	install -m 644 include/pagewalk/linux/*.h $(DESTDIR)$(PREFIX)/include/pagewalk/linux
	install -m 644 $(LIB) $(LINUX_LIB) $(MODEL_LIB) $(DESTDIR)$(LIBDIR)
	install -m 644 $(O)/pagewalk.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	$(if $(TOOL),install -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin)
	for m in $(MAN); do \
		install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/} || exit 1; \
	done

clean:
	rm -rf $(O)
