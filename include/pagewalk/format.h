/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The instances: each joins one format with one kind of environment. Naming one links it.
 *
 *   direct   entries are memory
 *   hooked   every load, store and compare-and-swap goes through the environment's hooks
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_FORMAT_H
#define PAGEWALK_FORMAT_H

#include <pagewalk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_instance;
struct pw_table;

/* arm64 stage 1, 4K granule, 48-bit output addresses, up to 48-bit input addresses */
extern const struct pw_instance pw_arm64_4k_direct;
extern const struct pw_instance pw_arm64_4k_hooked;

/* the same with LPA2 (TCR.DS set): 52-bit output and input addresses, blocks of 512G */
extern const struct pw_instance pw_arm64_4k_lpa2_direct;
extern const struct pw_instance pw_arm64_4k_lpa2_hooked;

/*
 * 16K granule: 48-bit output and input addresses, blocks of 32M; with LPA2, 52-bit addresses, and
 * blocks of 64G
 */
extern const struct pw_instance pw_arm64_16k_direct;
extern const struct pw_instance pw_arm64_16k_hooked;
extern const struct pw_instance pw_arm64_16k_lpa2_direct;
extern const struct pw_instance pw_arm64_16k_lpa2_hooked;

/*
 * 64K granule: input addresses of up to 52 bits, blocks of 512M; with 48-bit output addresses, or
 * 52-bit ones (FEAT_LPA, TCR.IPS says 52) and blocks of 4T
 */
extern const struct pw_instance pw_arm64_64k_direct;
extern const struct pw_instance pw_arm64_64k_hooked;
extern const struct pw_instance pw_arm64_64k_lpa_direct;
extern const struct pw_instance pw_arm64_64k_lpa_hooked;

/*
 * arm64 stage 2: from intermediate physical addresses (given as struct pw_va) to physical ones, by
 * granule and address size as above, input and output alike. Up to 16 root tables lie side by side;
 * pw_table_config.levels says where the first lookup is (VTCR_EL2.SL0). Permissions: PW_PERM_R and
 * PW_PERM_W are for both privileges, PW_PERM_X too unless there is PW_CAP_XNX; the user's own are
 * not expressible but for PW_PERM_USER_X then.
 */
extern const struct pw_instance pw_arm64_s2_4k_direct;
extern const struct pw_instance pw_arm64_s2_4k_hooked;
extern const struct pw_instance pw_arm64_s2_4k_lpa2_direct;
extern const struct pw_instance pw_arm64_s2_4k_lpa2_hooked;
extern const struct pw_instance pw_arm64_s2_16k_direct;
extern const struct pw_instance pw_arm64_s2_16k_hooked;
extern const struct pw_instance pw_arm64_s2_16k_lpa2_direct;
extern const struct pw_instance pw_arm64_s2_16k_lpa2_hooked;
extern const struct pw_instance pw_arm64_s2_64k_direct;
extern const struct pw_instance pw_arm64_s2_64k_hooked;
extern const struct pw_instance pw_arm64_s2_64k_lpa_direct;
extern const struct pw_instance pw_arm64_s2_64k_lpa_hooked;

/*
 * x86-64, 4-level and 5-level paging: va_bits 48 or 57. A handle is one half of CR3's table. What
 * the neutral words mean in an entry is said in x86.h.
 */
extern const struct pw_instance pw_x86_64_direct;
extern const struct pw_instance pw_x86_64_hooked;

/* Intel's EPT, guest-physical addresses of va_bits 48 or 57 (4 or 5 levels) */
extern const struct pw_instance pw_ept_direct;
extern const struct pw_instance pw_ept_hooked;

/*
 * RISC-V Sv39, Sv48, Sv57 (va_bits), 56-bit output addresses. A handle is one half of what the one
 * root translates. Svnapot, Svpbmt, Svrsw60t59b: pw_table_config.caps.
 */
extern const struct pw_instance pw_riscv64_direct;
extern const struct pw_instance pw_riscv64_hooked;

/* RISC-V G-stage: Sv39x4, Sv48x4, Sv57x4 (va_bits 41, 50, 59); the root is 16K, four tables */
extern const struct pw_instance pw_riscv64_g_direct;
extern const struct pw_instance pw_riscv64_g_hooked;

/*
 * For tests: entries are scrambled differently at each level, five levels, 3 bits of index each,
 * pages of 256 bytes. Code that confuses levels or does arithmetic on raw entries breaks at once.
 */
extern const struct pw_instance pw_fake_direct;
extern const struct pw_instance pw_fake_hooked;

/*
 * pw_*_lookup - pw_translate_pa() for callers who know the instance: some three times as fast
 * @pt:  a handle of that instance, and of no other
 * @va:  as pw_translate()
 * @pa:  set on success only
 *
 * A function of its own for each: what is not named is not linked.
 *
 * Context, Return: as pw_translate().
 */
typedef int pw_lookup_fn(const struct pw_table *pt, struct pw_va va, struct pw_pa *pa);

PW_MUST_CHECK pw_lookup_fn pw_arm64_4k_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_4k_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_4k_lpa2_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_4k_lpa2_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_16k_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_16k_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_16k_lpa2_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_16k_lpa2_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_64k_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_64k_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_64k_lpa_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_64k_lpa_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_4k_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_4k_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_4k_lpa2_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_4k_lpa2_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_16k_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_16k_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_16k_lpa2_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_16k_lpa2_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_64k_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_64k_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_64k_lpa_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_arm64_s2_64k_lpa_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_x86_64_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_x86_64_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_ept_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_ept_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_riscv64_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_riscv64_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_riscv64_g_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_riscv64_g_hooked_lookup;
PW_MUST_CHECK pw_lookup_fn pw_fake_direct_lookup;
PW_MUST_CHECK pw_lookup_fn pw_fake_hooked_lookup;

/*
 * What it takes to give leaves other sizes, and to replace those that have to be broken first: see
 * pw_table_config.reshaper. One for each instance.
 */
struct pw_reshaper;
extern const struct pw_reshaper pw_arm64_4k_direct_reshaper;
extern const struct pw_reshaper pw_arm64_4k_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_4k_lpa2_direct_reshaper;
extern const struct pw_reshaper pw_arm64_4k_lpa2_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_16k_direct_reshaper;
extern const struct pw_reshaper pw_arm64_16k_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_16k_lpa2_direct_reshaper;
extern const struct pw_reshaper pw_arm64_16k_lpa2_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_64k_direct_reshaper;
extern const struct pw_reshaper pw_arm64_64k_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_64k_lpa_direct_reshaper;
extern const struct pw_reshaper pw_arm64_64k_lpa_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_s2_4k_direct_reshaper;
extern const struct pw_reshaper pw_arm64_s2_4k_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_s2_4k_lpa2_direct_reshaper;
extern const struct pw_reshaper pw_arm64_s2_4k_lpa2_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_s2_16k_direct_reshaper;
extern const struct pw_reshaper pw_arm64_s2_16k_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_s2_16k_lpa2_direct_reshaper;
extern const struct pw_reshaper pw_arm64_s2_16k_lpa2_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_s2_64k_direct_reshaper;
extern const struct pw_reshaper pw_arm64_s2_64k_hooked_reshaper;
extern const struct pw_reshaper pw_arm64_s2_64k_lpa_direct_reshaper;
extern const struct pw_reshaper pw_arm64_s2_64k_lpa_hooked_reshaper;
extern const struct pw_reshaper pw_x86_64_direct_reshaper;
extern const struct pw_reshaper pw_x86_64_hooked_reshaper;
extern const struct pw_reshaper pw_ept_direct_reshaper;
extern const struct pw_reshaper pw_ept_hooked_reshaper;
extern const struct pw_reshaper pw_riscv64_direct_reshaper;
extern const struct pw_reshaper pw_riscv64_hooked_reshaper;
extern const struct pw_reshaper pw_riscv64_g_direct_reshaper;
extern const struct pw_reshaper pw_riscv64_g_hooked_reshaper;
extern const struct pw_reshaper pw_fake_direct_reshaper;
extern const struct pw_reshaper pw_fake_hooked_reshaper;

/* The instance's name, "arm64-4k (direct)" and the like. */
const char *pw_instance_name(const struct pw_instance *inst);

/* The architecture's own name of a level, of a handle with @levels levels ("PTE", "PMD", ...). */
const char *pw_level_name(const struct pw_instance *inst, unsigned int level, unsigned int levels);

/* Bytes of a granule, as a power of two, and the most levels the format has. */
unsigned int pw_instance_granule_lg2(const struct pw_instance *inst);
unsigned int pw_instance_max_levels(const struct pw_instance *inst);

#ifdef __cplusplus
}
#endif
#endif
