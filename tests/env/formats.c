/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The formats that tests run with: a row for each.
 */
#include "../ref/ref_walk.h"
#include "env.h"

#define ARM64_REGIMES \
	(1u << PW_REGIME_EL10 | 1u << PW_REGIME_EL2 | 1u << PW_REGIME_EL20 | 1u << PW_REGIME_EL3)

#define PLAIN (PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED)

/* Both kinds of a format's instances, and what comes with each. */
#define INSTANCES(format)                                                                   \
	.direct = &pw_##format##_direct, .direct_reshaper = &pw_##format##_direct_reshaper, \
	.direct_lookup = pw_##format##_direct_lookup, .hooked = &pw_##format##_hooked,      \
	.hooked_reshaper = &pw_##format##_hooked_reshaper,                                  \
	.hooked_lookup = pw_##format##_hooked_lookup

/* What all granules of arm64's stage 1 have in common. */
#define ARM64_STAGE1                                                                          \
	.va_step = 1, .halves = WORLD_OWN_ROOTS, .live = true, .limits = true,                \
	.regimes = ARM64_REGIMES, .base = PLAIN,                                              \
	.flags = PLAIN | PW_ATTR_DIRTY | PW_ATTR_DBM | PW_ATTR_CONTIGUOUS | PW_ATTR_GUARDED | \
		 PW_ATTR_NS | PW_ATTR_NSE,                                                    \
	.loose = PW_ATTR_DIRTY, .nr_soft = 16, .nr_keys = 1, .nr_index = 8,                   \
	.no_write = PW_PERM_W | PW_PERM_USER_W, .no_exec = PW_PERM_X | PW_PERM_USER_X,        \
	.user = PW_PERM_R | PW_PERM_USER_R, .mair = WORLD_MAIR, .can_be_invalid = true,       \
	.linux_invalid = true,                                                                \
	.type = { { PW_MEM_NORMAL, 0 }, { PW_MEM_DEVICE_nGnRE, 1 }, { PW_MEM_NORMAL_NC, 2 } }

/* And of stage 2. */
#define ARM64_STAGE2                                                                             \
	.va_step = 1, .halves = WORLD_LOWER, .concat_lg2 = 4, .regimes = 1u << PW_REGIME_STAGE2, \
	.base = PW_ATTR_VALID | PW_ATTR_ACCESSED, .by_cpu = true, .can_be_invalid = true,        \
	.flags = PLAIN | PW_ATTR_DIRTY | PW_ATTR_DBM | PW_ATTR_CONTIGUOUS, .nr_soft = 16,        \
	.nr_keys = 1, .nr_index = 16, .no_write = PW_PERM_W, .no_exec = PW_PERM_X,               \
	.type = { { PW_MEM_NORMAL, 15 }, { PW_MEM_DEVICE_nGnRE, 1 }, { PW_MEM_NORMAL_NC, 5 } }

/* Both stages of RISC-V. */
#define RISCV                                                                                     \
	.page_lg2 = 12, .index_lg2 = 9, .va_step = 9, .max_levels = 5,                            \
	.caps = PW_CAP_SVNAPOT | PW_CAP_SVPBMT | PW_CAP_SVRSW60T59B, .nr_soft = 16, .nr_keys = 1, \
	.nr_index = 3, .by_cpu = true, .small_cpu = true, .can_be_invalid = true,                 \
	.type = { { PW_MEM_NORMAL, 0 }, { PW_MEM_NORMAL_NC, 1 }, { PW_MEM_DEVICE_nGnRnE, 2 } }

const struct world_format world_formats[WORLD_NR_FORMATS] = {
	[WORLD_ARM64] = {
		ARM64_STAGE1,
		.name = "arm64-4k",
		INSTANCES(arm64_4k),
		.ref = &ref_arm64_4k,
		.fields = &pw_arm64_4k_fields,
		.page_lg2 = 12,
		.index_lg2 = 9,
		.min_va_bits = 16,
		.max_va_bits = 48,
		.max_levels = 4,
		.share = true,
	},
	[WORLD_LPA2] = {
		ARM64_STAGE1,
		.name = "arm64-4k-lpa2",
		INSTANCES(arm64_4k_lpa2),
		.ref = &ref_arm64_4k_lpa2,
		.fields = &pw_arm64_4k_lpa2_fields,
		.page_lg2 = 12,
		.index_lg2 = 9,
		.min_va_bits = 16,
		.max_va_bits = 52,
		.max_levels = 5,
	},
	[WORLD_16K] = {
		ARM64_STAGE1,
		.name = "arm64-16k",
		INSTANCES(arm64_16k),
		.ref = &ref_arm64_16k,
		.fields = &pw_arm64_16k_fields,
		.page_lg2 = 14,
		.index_lg2 = 11,
		.min_va_bits = 16,
		.max_va_bits = 48,
		.max_levels = 4,
		.share = true,
	},
	[WORLD_16K_LPA2] = {
		ARM64_STAGE1,
		.name = "arm64-16k-lpa2",
		INSTANCES(arm64_16k_lpa2),
		.ref = &ref_arm64_16k_lpa2,
		.fields = &pw_arm64_16k_lpa2_fields,
		.page_lg2 = 14,
		.index_lg2 = 11,
		.min_va_bits = 16,
		.max_va_bits = 52,
		.max_levels = 4,
	},
	[WORLD_64K] = {
		ARM64_STAGE1,
		.name = "arm64-64k",
		INSTANCES(arm64_64k),
		.ref = &ref_arm64_64k,
		.fields = &pw_arm64_64k_fields,
		.page_lg2 = 16,
		.index_lg2 = 13,
		.min_va_bits = 17,
		.max_va_bits = 52,
		.max_levels = 3,
		.share = true,
	},
	[WORLD_64K_LPA] = {
		ARM64_STAGE1,
		.name = "arm64-64k-lpa",
		INSTANCES(arm64_64k_lpa),
		.ref = &ref_arm64_64k_lpa,
		.fields = &pw_arm64_64k_lpa_fields,
		.page_lg2 = 16,
		.index_lg2 = 13,
		.min_va_bits = 17,
		.max_va_bits = 52,
		.max_levels = 3,
		.share = true,
	},
	[WORLD_S2_4K] = {
		ARM64_STAGE2,
		.name = "arm64-s2-4k",
		INSTANCES(arm64_s2_4k),
		.ref = &ref_arm64_s2_4k,
		.fields = &pw_arm64_s2_4k_fields,
		.page_lg2 = 12,
		.index_lg2 = 9,
		.min_va_bits = 16,
		.max_va_bits = 48,
		.max_levels = 4,
		.share = true,
	},
	[WORLD_S2_4K_LPA2] = {
		ARM64_STAGE2,
		.name = "arm64-s2-4k-lpa2",
		INSTANCES(arm64_s2_4k_lpa2),
		.ref = &ref_arm64_s2_4k_lpa2,
		.fields = &pw_arm64_s2_4k_lpa2_fields,
		.page_lg2 = 12,
		.index_lg2 = 9,
		.min_va_bits = 16,
		.max_va_bits = 52,
		.max_levels = 5,
	},
	[WORLD_S2_16K] = {
		ARM64_STAGE2,
		.name = "arm64-s2-16k",
		INSTANCES(arm64_s2_16k),
		.ref = &ref_arm64_s2_16k,
		.fields = &pw_arm64_s2_16k_fields,
		.page_lg2 = 14,
		.index_lg2 = 11,
		.min_va_bits = 16,
		.max_va_bits = 48,
		.max_levels = 3,
		.share = true,
	},
	[WORLD_S2_16K_LPA2] = {
		ARM64_STAGE2,
		.name = "arm64-s2-16k-lpa2",
		INSTANCES(arm64_s2_16k_lpa2),
		.ref = &ref_arm64_s2_16k_lpa2,
		.fields = &pw_arm64_s2_16k_lpa2_fields,
		.page_lg2 = 14,
		.index_lg2 = 11,
		.min_va_bits = 16,
		.max_va_bits = 52,
		.max_levels = 4,
	},
	[WORLD_S2_64K] = {
		ARM64_STAGE2,
		.name = "arm64-s2-64k",
		INSTANCES(arm64_s2_64k),
		.ref = &ref_arm64_s2_64k,
		.fields = &pw_arm64_s2_64k_fields,
		.page_lg2 = 16,
		.index_lg2 = 13,
		.min_va_bits = 17,
		.max_va_bits = 48,
		.max_levels = 3,
		.share = true,
	},
	[WORLD_S2_64K_LPA] = {
		ARM64_STAGE2,
		.name = "arm64-s2-64k-lpa",
		INSTANCES(arm64_s2_64k_lpa),
		.ref = &ref_arm64_s2_64k_lpa,
		.fields = &pw_arm64_s2_64k_lpa_fields,
		.page_lg2 = 16,
		.index_lg2 = 13,
		.min_va_bits = 17,
		.max_va_bits = 52,
		.max_levels = 3,
		.share = true,
	},
	[WORLD_X86_64] = {
		.name = "x86-64",
		INSTANCES(x86_64),
		.ref = &ref_x86_64,
		.fields = &pw_x86_64_fields,
		.page_lg2 = 12,
		.index_lg2 = 9,
		.min_va_bits = 48,
		.max_va_bits = 57,
		.va_step = 9,
		.max_levels = 5,
		.halves = WORLD_SIGNED,
		.enc = true,
		.limits = true,
		.regimes = 1u << PW_REGIME_X86,
		.base = PLAIN,
		.flags = PLAIN | PW_ATTR_DIRTY,
		.nr_soft = 1024,
		.nr_keys = 16,
		.nr_index = 8,
		.by_cpu = true, .small_cpu = true,
		.no_write = PW_PERM_W | PW_PERM_USER_W,
		.no_exec = PW_PERM_X | PW_PERM_USER_X,
		.user = PW_PERM_R | PW_PERM_USER_R,
		.mair = WORLD_PAT,
		.type = { { PW_MEM_NORMAL, 0 }, { PW_MEM_UC_MINUS, 2 }, { PW_MEM_NORMAL_NC, 5 } },
	},
	[WORLD_EPT] = {
		.name = "ept",
		INSTANCES(ept),
		.ref = &ref_ept,
		.fields = &pw_ept_fields,
		.page_lg2 = 12,
		.index_lg2 = 9,
		.min_va_bits = 48,
		.max_va_bits = 57,
		.va_step = 9,
		.max_levels = 5,
		.halves = WORLD_LOWER,
		.limits = true,
		.regimes = 1u << PW_REGIME_EPT,
		.base = PW_ATTR_VALID | PW_ATTR_ACCESSED,
		.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_IGNORE_PAT |
			 PW_ATTR_SUPPRESS_VE,
		.nr_soft = 256,
		.nr_keys = 1,
		.nr_index = 8,
		.index_reserved = 1u << 2 | 1u << 3 | 1u << 7,
		.by_cpu = true, .small_cpu = true,
		.no_write = PW_PERM_W,
		.no_exec = PW_PERM_X,
		.type = { { PW_MEM_NORMAL, 6 },
			  { PW_MEM_DEVICE_nGnRnE, 0 },
			  { PW_MEM_NORMAL_NC, 1 } },
	},
	[WORLD_RISCV64] = {
		RISCV,
		.name = "riscv64",
		INSTANCES(riscv64),
		.ref = &ref_riscv64,
		.fields = &pw_riscv64_fields,
		.min_va_bits = 39,
		.max_va_bits = 57,
		.halves = WORLD_SIGNED,
		.regimes = 1u << PW_REGIME_RISCV,
		.base = PLAIN,
		.flags = PLAIN | PW_ATTR_DIRTY | PW_ATTR_CONTIGUOUS,
		.no_write = PW_PERM_W | PW_PERM_USER_W,
		.no_exec = PW_PERM_X | PW_PERM_USER_X,
	},
	[WORLD_RISCV64_G] = {
		RISCV,
		.name = "riscv64-g",
		INSTANCES(riscv64_g),
		.ref = &ref_riscv64_g,
		.fields = &pw_riscv64_g_fields,
		.min_va_bits = 41,
		.max_va_bits = 59,
		.concat_lg2 = 2,
		.halves = WORLD_LOWER,
		.regimes = 1u << PW_REGIME_RISCV_G,
		.base = PW_ATTR_VALID | PW_ATTR_ACCESSED,
		.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_CONTIGUOUS,
		.no_write = PW_PERM_W,
		.no_exec = PW_PERM_X,
	},
	[WORLD_FAKE] = {
		.name = "fake",
		.can_be_invalid = true,
		INSTANCES(fake),
		.ref = &ref_fake,
		.fields = &pw_fake_fields,
		.page_lg2 = 8,
		.index_lg2 = 3,
		.min_va_bits = 12,
		.max_va_bits = 23,
		.va_step = 1,
		.max_levels = 5,
		.halves = WORLD_OWN_ROOTS,
		.live = true,
		.limits = true,
		.regimes = 1u << PW_REGIME_EL10,
		.base = PLAIN,
		.flags = PLAIN | PW_ATTR_CONTIGUOUS,
		.nr_soft = 16,
		.nr_keys = 1,
		.nr_index = 8,
		.no_write = PW_PERM_W,
		.no_exec = PW_PERM_X,
		.user = PW_PERM_R | PW_PERM_USER_R,
		.type = { { PW_MEM_INDEX, 0 }, { PW_MEM_INDEX, 3 }, { PW_MEM_INDEX, 7 } },
	},
};
