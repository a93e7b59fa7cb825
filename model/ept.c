/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * EPT: entries, and what INVEPT covers.
 *
 *	63   62:52                11   10  9  8  7     6     5:3   2  1  0
 *	#VE  software, features   soft XU  D  A  leaf  IPAT  type  X  W  R
 *
 * An entry that grants nothing is not present, and not cached. One that makes no sense ends the
 * walk in an EPT misconfiguration, and is not cached either.
 *
 * What is cached is tagged by the root (bits 51:12 of the EPT pointer, "EP4TA"), not by VPID:
 * guest-physical mappings, and combined ones, which lead from a guest's linear addresses. INVEPT
 * drops both, of a root or of all, and knows no addresses; INVVPID drops combined mappings, which
 * are made again from the guest-physical ones that it leaves. Loading an EPT pointer drops nothing.
 * An access that an outdated mapping refuses is an EPT violation, and that drops the mapping.
 *
 * Source: Intel SDM volume 3C, "The Extended Page Table Mechanism (EPT)" (28.3, newer: 29.3),
 * "Caching Translation Information" of VMX (28.4, newer: 29.4) with "Guidelines for Use of the
 * INVEPT Instruction"; INVEPT and INVVPID in "VMX Instruction Reference".
 */
#include "private.h"

#define BIT(n) ((uint64_t)1 << (n))

#define E_R	   BIT(0)
#define E_W	   BIT(1)
#define E_X	   BIT(2)
#define E_LEAF	   BIT(7)
#define E_A	   BIT(8)
#define E_D	   BIT(9)
#define E_XU	   BIT(10)
#define E_ADDR	   (BIT(52) - BIT(12))
#define E_TABLE_0  ((uint64_t)15 << 3)		       /* must be 0 in an entry that leads on */
#define E_FEATURES ((uint64_t)0x1b << 57)	       /* VGP, PGW, SSS, SPP */
#define TYPES	   (1u | 1u << 1 | 7u << 4)	       /* UC, WC, WT, WP, WB */
#define P_TYPE	   (BIT(3) | BIT(4) | BIT(5) | BIT(6)) /* with IPAT */

/* Bits that grant something. */
static uint64_t rights(const struct pwm *m)
{
	return E_R | E_W | E_X | (m->cfg.features & PWM_MBE ? E_XU : 0);
}

static uint8_t granted(const struct pwm *m, uint64_t val)
{
	uint64_t user = m->cfg.features & PWM_MBE ? E_XU : E_X;

	return (uint8_t)((val & E_R ? P_KR : 0) | (val & E_W ? P_KW : 0) | (val & E_X ? P_KX : 0) |
			 (val & user ? P_UX : 0));
}

static bool is_leaf(uint64_t val, unsigned int level)
{
	return !level || (val & E_LEAF);
}

/* Does a present entry make sense? "EPT Misconfigurations". */
static bool makes_sense(const struct pwm *m, uint64_t val, unsigned int level)
{
	uint64_t needs_r = m->cfg.features & PWM_EXEC_ONLY ? E_W : rights(m);

	if ((!(val & E_R) && val & needs_r) || (val & E_ADDR) >> m->cfg.pa_bits)
		return false;
	if (!is_leaf(val, level))
		return !(val & E_TABLE_0);
	return level <= 2 && !(val & E_ADDR & (level_size(m, level) - 1)) &&
	       TYPES >> (val >> 3 & 7) & 1;
}

/* @ad: the root says that accessed and dirty flags are used. */
static void decode_with(const struct pwm *m, uint64_t val, unsigned int level, bool ad,
			struct dec *d)
{
	__builtin_memset(d, 0, sizeof(*d));
	if (!(val & rights(m)))
		return;
	if (!makes_sense(m, val, level)) {
		d->reserved = 1;
		return;
	}
	d->oa = val & E_ADDR;
	d->cacheable = 1;
	d->perm = granted(m, val);
	if (!is_leaf(val, level)) {
		d->kind = K_TABLE;
		d->perm ^= P_KR | P_KW | P_KX | P_UX;
		return;
	}
	d->kind = K_LEAF;
	d->memtype = (uint8_t)((val & P_TYPE) >> 3);
	d->share = (uint8_t)((val & E_FEATURES) >> 57);
	d->accessed = !ad || (val & E_A);
	d->dirty = ad && (val & E_D);
	d->hw_dirty = ad && (val & E_W);
}

static void decode(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	decode_with(m, val, level, false, d);
}

static void decode_ad(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	decode_with(m, val, level, true, d);
}

/* Software's bits and "suppress #VE", which matters when nothing translates, are no part of it. */
static uint64_t key_with(const struct pwm *m, uint64_t val, unsigned int level, bool ad)
{
	uint64_t counts = rights(m) | P_TYPE | E_ADDR | E_FEATURES | (level ? E_LEAF : 0);
	struct dec d;

	decode_with(m, val, level, ad, &d);
	if (d.kind == K_INVALID)
		return 0;
	if (d.kind == K_TABLE)
		return d.oa | 1 | (uint64_t)d.perm << 56;
	return val & (counts | (ad ? E_A | E_D : 0));
}

static uint64_t key(const struct pwm *m, uint64_t val, unsigned int level)
{
	return key_with(m, val, level, false);
}

static uint64_t key_ad(const struct pwm *m, uint64_t val, unsigned int level)
{
	return key_with(m, val, level, true);
}

static const char *const rules[R_NR] = {
	[R_STALE] = "X86-EPT-1",      [R_INVISIBLE] = "X86-TLB-2",  [R_INCOMPLETE] = "X86-EPT-1",
	[R_UNSYNCED] = "X86-EPT-1",   [R_LOCAL] = "X86-EPT-3",	    [R_ASID] = "X86-EPT-1",
	[R_GLOBAL] = "X86-EPT-1",     [R_TABLE] = "X86-EPT-1",	    [R_LEVEL] = "X86-EPT-1",
	[R_RANGE] = "X86-EPT-1",      [R_STAGE2] = "X86-EPT-2",	    [R_REGIME] = "X86-EPT-1",
	[R_VMID] = "X86-EPT-4",	      [R_EARLY] = "X86-EPT-1",	    [R_LINK] = "X86-PUB-1",
	[R_NEW] = "X86-SPUR-1",	      [R_NEW_CSE] = "X86-SPUR-1",   [R_NEW_REMOTE] = "X86-SPUR-1",
	[R_SPURIOUS] = "X86-SPUR-1",  [R_LOST_RMW] = "X86-AD-3",    [R_CLEAN] = "X86-AD-1",
	[R_OLD] = "X86-AD-2",	      [R_FORMAT] = "X86-EPT-5",	    [R_HALF] = "X86-RES-2",
	[R_WX] = "X86-WX-1",	      [R_ASID_REUSE] = "X86-TLB-7", [R_ROOT] = "X86-TLB-7",
	[R_CONFIG] = "X86-CR-1",      [R_UNCLEAN] = "X86-SIZE-1",   [R_GROUP] = "X86-SIZE-1",
	[R_GROUP_DIRTY] = "X86-AD-1", [R_FETCH] = "X86-SPUR-1",	    [R_ALIAS_WX] = "X86-WX-2",
	[R_ALIAS_TYPE] = "X86-MT-1",  [R_WX_STALE] = "X86-WX-3",
};

/* Which values are tables is another matter than in stage 1, whose present bit is R here. */
const struct arch pwm_arch_ept = { .decode = decode,
				   .key = key,
				   .covers = pwm_x86_covers,
				   .conflict = pwm_x86_conflict,
				   .rules = rules,
				   .tables = 1 };

const struct arch pwm_arch_ept_ad = { .decode = decode_ad,
				      .key = key_ad,
				      .covers = pwm_x86_covers,
				      .conflict = pwm_x86_conflict,
				      .rules = rules,
				      .tables = 1 };
