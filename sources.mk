# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
#
# The only list of sources: the Makefile, the scripts under tests/ and tools/, and whoever vendors
# the library read it. One file a line; tools/check-sources compares it with the tree.

# libpagewalk.a ------------------------------------------------------------------------------

# the engine
PW_SRC = \
	src/attr.c \
	src/change.c \
	src/collapse.c \
	src/env.c \
	src/err.c \
	src/gather.c \
	src/gather_tag.c \
	src/iter.c \
	src/replace.c \
	src/shared.c \
	src/split.c \
	src/split_range.c \
	src/stretch.c \
	src/table.c \
	src/test_and_clear.c \
	src/translate.c \
	src/walk_range.c \

# one line each: a format joined with a kind of environment
PW_INSTANCE_SRC = \
	src/instance/arm64_16k_direct.c \
	src/instance/arm64_16k_hooked.c \
	src/instance/arm64_16k_lpa2_direct.c \
	src/instance/arm64_16k_lpa2_hooked.c \
	src/instance/arm64_4k_direct.c \
	src/instance/arm64_4k_hooked.c \
	src/instance/arm64_4k_lpa2_direct.c \
	src/instance/arm64_4k_lpa2_hooked.c \
	src/instance/arm64_64k_direct.c \
	src/instance/arm64_64k_hooked.c \
	src/instance/arm64_64k_lpa_direct.c \
	src/instance/arm64_64k_lpa_hooked.c \
	src/instance/arm64_s2_16k_direct.c \
	src/instance/arm64_s2_16k_hooked.c \
	src/instance/arm64_s2_16k_lpa2_direct.c \
	src/instance/arm64_s2_16k_lpa2_hooked.c \
	src/instance/arm64_s2_4k_direct.c \
	src/instance/arm64_s2_4k_hooked.c \
	src/instance/arm64_s2_4k_lpa2_direct.c \
	src/instance/arm64_s2_4k_lpa2_hooked.c \
	src/instance/arm64_s2_64k_direct.c \
	src/instance/arm64_s2_64k_hooked.c \
	src/instance/arm64_s2_64k_lpa_direct.c \
	src/instance/arm64_s2_64k_lpa_hooked.c \
	src/instance/ept_direct.c \
	src/instance/ept_hooked.c \
	src/instance/fake_direct.c \
	src/instance/fake_hooked.c \
	src/instance/riscv64_direct.c \
	src/instance/riscv64_g_direct.c \
	src/instance/riscv64_g_hooked.c \
	src/instance/riscv64_hooked.c \
	src/instance/x86_64_direct.c \
	src/instance/x86_64_hooked.c \

# what an entry's bits are called: data, for tools
PW_FIELDS_SRC = \
	src/fields/arm64_s1.c \
	src/fields/arm64_s2.c \
	src/fields/ept.c \
	src/fields/fake.c \
	src/fields/riscv64.c \
	src/fields/x86_64.c \

# executors, registers
PW_PLATFORM_SRC = \
	platform/arm64/counter.c \
	platform/arm64/operand.c \
	platform/arm64/plan.c \
	platform/arm64/printer.c \
	platform/arm64/regs.c \
	platform/riscv/counter.c \
	platform/riscv/plan.c \
	platform/riscv/printer.c \
	platform/riscv/regs.c \
	platform/x86/counter.c \
	platform/x86/operand.c \
	platform/x86/plan.c \
	platform/x86/printer.c \
	platform/x86/regs.c \

# real instructions: each only where the compiler's target is that architecture
PW_PLATFORM_ARM64_INSN_SRC = \
	platform/arm64/insn.c \

PW_PLATFORM_RISCV_INSN_SRC = \
	platform/riscv/insn.c \

PW_PLATFORM_X86_INSN_SRC = \
	platform/x86/insn.c \

# libpagewalk-linux.a ------------------------------------------------------------------------

PW_LINUX_SRC = \
	linux/apply.c \
	linux/pageattr.c \
	linux/pagewalk.c \
	linux/state.c \
	linux/table.c \
	linux/vma.c \
	linux/walk_vma.c \

# libpagewalk-model.a ------------------------------------------------------------------------

# the executable MMU: knows nothing of the engine
PW_MODEL_SRC = \
	model/arm64.c \
	model/clash.c \
	model/combined.c \
	model/ept.c \
	model/judge.c \
	model/look.c \
	model/maint.c \
	model/modes.c \
	model/names.c \
	model/order.c \
	model/play.c \
	model/promise.c \
	model/report.c \
	model/riscv.c \
	model/rules.c \
	model/state.c \
	model/step.c \
	model/store.c \
	model/tables.c \
	model/trace_binary.c \
	model/trace_text.c \
	model/wrong.c \
	model/x86.c \

# hosted: the command ------------------------------------------------------------------------

PW_SOURCES_SRC = \
	sources/codec.c \
	sources/copy.c \
	sources/elf_core.c \
	sources/flat.c \
	sources/held.c \
	sources/kdump.c \
	sources/lime.c \
	sources/notes.c \
	sources/open.c \
	sources/qemu_x86.c \
	sources/raw.c \
	sources/registers.c \
	sources/segments.c \
	sources/view.c \
	sources/vmcoreinfo.c \

PW_CMD_SRC = \
	cmd/alias.c \
	cmd/arch.c \
	cmd/arch_arm64.c \
	cmd/arch_riscv.c \
	cmd/arch_x86.c \
	cmd/attrs.c \
	cmd/check.c \
	cmd/diff.c \
	cmd/dump.c \
	cmd/ledger.c \
	cmd/main.c \
	cmd/memory.c \
	cmd/options.c \
	cmd/output.c \
	cmd/protect.c \
	cmd/ptdump.c \
	cmd/range.c \
	cmd/repeat.c \
	cmd/replay.c \
	cmd/rules.c \
	cmd/space.c \
	cmd/translate.c \

# pages of the manual: man/NAME.SECTION.scd
PW_MAN = \
	man/pagewalk-check.1.scd \
	man/pagewalk-dump.1.scd \
	man/pagewalk-protect.1.scd \
	man/pagewalk-replay.1.scd \
	man/pagewalk-rules.1.scd \
	man/pagewalk-trace.5.scd \
	man/pagewalk-translate.1.scd \
	man/pagewalk.1.scd \

# programs: each file is one, linked with everything above -----------------------------------

PW_EXAMPLES = \
	examples/dirty.c \
	examples/guard.c \
	examples/map_page.c \
	examples/mincore.c \
	examples/pageattr.c \
	examples/ptdump.c \
	examples/riscv_pageattr.c \
	examples/vcpu_faults.c \

PW_BENCHES = \
	bench/leaf.c \
	bench/model.c \

# test programs, and what they share
PW_TEST_SHARED_SRC = \
	tests/harness/harness.c \
	tests/harness/harness_host.c \
	tests/env/env.c \
	tests/env/formats.c \
	tests/ref/ref_arm64.c \
	tests/ref/ref_fake.c \
	tests/ref/ref_map.c \
	tests/ref/ref_riscv.c \
	tests/ref/ref_walk.c \
	tests/ref/ref_x86.c \
	tests/ref/observe.c \
	tests/model/feed.c \
	tests/model/image.c \
	tests/model/sentry.c \
	tests/model/watch.c \
	tests/plans/machine.c \
	tests/ref/ref_cached.c \

PW_TESTS = \
	tests/model/edges_test.c \
	tests/model/engine_test.c \
	tests/model/litmus_test.c \
	tests/model/memory_test.c \
	tests/model/misuse_test.c \
	tests/model/model_test.c \
	tests/model/play_test.c \
	tests/model/reshape_test.c \
	tests/model/room_test.c \
	tests/model/shadow_test.c \
	tests/model/trace_test.c \
	tests/model/verdict_test.c \
	tests/plans/plans_test.c \
	tests/property/property_test.c \
	tests/threads/changers_test.c \
	tests/threads/readers_test.c \
	tests/threads/use_test.c \
	tests/unit/alias_test.c \
	tests/unit/arm64_fields_test.c \
	tests/unit/arm64_formats_test.c \
	tests/unit/arm64_range_test.c \
	tests/unit/arm64_regimes_test.c \
	tests/unit/arm64_regs_test.c \
	tests/unit/arm64_s2_test.c \
	tests/unit/arm64_test.c \
	tests/unit/collapse_test.c \
	tests/unit/ept_test.c \
	tests/unit/errors_test.c \
	tests/unit/format_size_test.c \
	tests/unit/format_test.c \
	tests/unit/gather_tag_test.c \
	tests/unit/gather_test.c \
	tests/unit/iter_test.c \
	tests/unit/link_test.c \
	tests/unit/map_test.c \
	tests/unit/protect_test.c \
	tests/unit/replace_test.c \
	tests/unit/reentry_test.c \
	tests/unit/riscv_map_test.c \
	tests/unit/riscv_napot_test.c \
	tests/unit/riscv_plan_test.c \
	tests/unit/riscv_test.c \
	tests/unit/shared_race_test.c \
	tests/unit/shared_test.c \
	tests/unit/source_copy_test.c \
	tests/unit/source_flat_test.c \
	tests/unit/source_kdump_test.c \
	tests/unit/source_lime_test.c \
	tests/unit/source_qemu_test.c \
	tests/unit/source_test.c \
	tests/unit/source_text_test.c \
	tests/unit/split_range_test.c \
	tests/unit/split_test.c \
	tests/unit/table_test.c \
	tests/unit/test_and_clear_test.c \
	tests/unit/translate_test.c \
	tests/unit/unmap_test.c \
	tests/unit/vec_test.c \
	tests/unit/walk_test.c \
	tests/unit/x86_plan_test.c \
	tests/unit/x86_tables_test.c \
	tests/unit/x86_test.c \

# of these: threaded, also run under ThreadSanitizer
PW_TESTS_TSAN = \
	tests/threads/changers_test.c \
	tests/threads/readers_test.c \
	tests/threads/use_test.c \

# of these: run under AddressSanitizer and UndefinedBehaviorSanitizer
PW_TESTS_ASAN = $(PW_TESTS)
