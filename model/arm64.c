/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64, VMSAv8-64: descriptors of both stages, what a TLBI covers, what may not replace what.
 *
 * Source: Arm ARM (DDI 0487), D8.3 "Translation table descriptor formats", D8.17 "TLB maintenance"
 * (in earlier issues D8.14, D8.16), "TLBI VAE1IS" and "TLBI RVAE1IS" for the operands. Levels are
 * the model's: 0 is the manual's level 3.
 */
#include "private.h"

#define BIT(n) ((uint64_t)1 << (n))

#define D_VALID	 BIT(0)
#define D_TABLE	 BIT(1)
#define D_NS	 BIT(5)
#define D_USER	 BIT(6)
#define D_RO	 BIT(7)
#define D_AF	 BIT(10)
#define D_NG	 BIT(11)
#define D_NT	 BIT(16)
#define D_DBM	 BIT(51)
#define D_CONTIG BIT(52)
#define D_PXN	 BIT(53)
#define D_UXN	 BIT(54)
#define S2_READ	 BIT(6)
#define S2_WRITE BIT(7)
#define S2_XN0	 BIT(53)
#define S2_XN1	 BIT(54)
#define D_SOFT	 (BIT(55) | BIT(56) | BIT(57) | BIT(58))
#define T_PXN	 BIT(59)
#define T_UXN	 BIT(60)
#define T_NOUSER BIT(61)
#define T_RO	 BIT(62)

static uint64_t address(const struct pwm *m, uint64_t val, unsigned int level)
{
	uint64_t low = (BIT(48) - 1) & ~(level_size(m, level) - 1), oa;

	if (m->cfg.features & PWM_LPA2 && m->cfg.page_lg2 < 16) {
		low = (BIT(50) - 1) & ~(level_size(m, level) - 1);
		return (val & low) | (val >> 8 & 3) << 50;
	}
	oa = val & low;
	if (m->cfg.page_lg2 == 16 && m->cfg.pa_bits > 48)
		oa |= (val >> 12 & 15) << 48;
	return oa;
}

/* Does the granule have blocks at @level? D8.3, the tables of block descriptors. */
static bool block_ok(const struct pwm *m, unsigned int level)
{
	bool lpa2 = m->cfg.features & PWM_LPA2;

	if (m->cfg.page_lg2 == 12)
		return level <= (lpa2 ? 3u : 2u);
	if (m->cfg.page_lg2 == 14)
		return level <= (lpa2 ? 2u : 1u);
	return level <= (m->cfg.pa_bits > 48 ? 2u : 1u);
}

/* lg2 of the entries of a contiguous group; 0: there is none at this level. */
static uint8_t contig_lg2(const struct pwm *m, unsigned int level)
{
	if (level > 2)
		return 0;
	if (m->cfg.page_lg2 == 12)
		return 4;
	if (m->cfg.page_lg2 == 14)
		return level == 0 ? 7 : level == 1 ? 5 : 0;
	return level < 2 ? 5 : 0;
}

static uint8_t leaf_perm(const struct pwm *m, uint64_t val)
{
	bool dbm = (m->cfg.features & PWM_HD) && (val & D_DBM);
	uint8_t perm = P_KR;

	if (!(val & D_RO) || dbm)
		perm |= P_KW;
	if (val & D_USER) {
		perm |= P_UR;
		if (perm & P_KW)
			perm |= P_UW;
	}
	/* what EL0 may write, EL1 never executes */
	if (!(val & D_PXN) && !(perm & P_UW))
		perm |= P_KX;
	if (!(val & D_UXN))
		perm |= P_UX;
	if (m->cfg.features & PWM_WXN) {
		if (perm & P_KW)
			perm &= (uint8_t)~P_KX;
		if (perm & P_UW)
			perm &= (uint8_t)~P_UX;
	}
	return perm;
}

/* Normal and Normal-Tagged are the same to everything but tag checks. */
static uint8_t memtype(const struct pwm *m, uint64_t val)
{
	uint8_t index = (uint8_t)(val >> 2 & 7), attr;

	if (!m->cfg.mair)
		return index;
	attr = (uint8_t)(m->cfg.mair >> index * 8);
	return attr == 0xf0 ? 0xff : attr;
}

static uint8_t table_perm(const struct pwm *m, uint64_t val)
{
	uint8_t perm = 0;

	if (m->cfg.features & PWM_HPD)
		return 0;
	if (val & T_RO)
		perm |= P_KW | P_UW;
	if (val & T_NOUSER)
		perm |= P_UR | P_UW;
	if (val & T_PXN)
		perm |= P_KX;
	if (val & T_UXN)
		perm |= P_UX;
	return perm;
}

static void decode(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	bool page = val & D_TABLE;

	__builtin_memset(d, 0, sizeof(*d));
	if (!(val & D_VALID))
		return;
	if (level && page) {
		d->kind = K_TABLE;
		d->cacheable = 1;
		d->perm = table_perm(m, val);
		d->oa = address(m, val, 0);
		d->reserved = d->oa >> m->cfg.pa_bits != 0;
		return;
	}
	d->oa = address(m, val, level);
	if ((!level && !page) || (level && !block_ok(m, level)) || d->oa >> m->cfg.pa_bits) {
		d->reserved = 1;
		return;
	}
	d->kind = K_LEAF;
	d->perm = leaf_perm(m, val);
	d->accessed = (val & D_AF) != 0;
	d->cacheable = d->accessed || (m->cfg.features & PWM_HAF);
	d->global = !(val & D_NG);
	d->memtype = memtype(m, val);
	d->share =
		(uint8_t)((m->cfg.features & PWM_LPA2 ? 0 : val >> 8 & 3) | (val & D_NS ? 16 : 0));
	d->dirty = !(val & D_RO);
	d->hw_dirty = (m->cfg.features & PWM_HD) && (val & D_DBM);
	d->nt = level && (val & D_NT) && (m->cfg.features & PWM_NT);
	if (val & D_CONTIG) {
		d->contig = contig_lg2(m, level);
		d->stray = !d->contig;
	}
}

/*
 * Stage 2 (D8.4, D8.6): S2AP grants, to EL1 and EL0 alike; here that is the kernel's rights.
 * XN[1:0] is 00 for both, 01 for EL0 only, 10 for nobody, 11 for EL1 only; without FEAT_XNX bit
 * 53 is RES0. MemAttr is four bits, no index. No entry has an ASID, and a table takes nothing away.
 */
static void decode_s2(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	decode(m, val, level, d);
	if (d->kind == K_TABLE)
		d->perm = 0;
	if (d->kind != K_LEAF)
		return;
	d->dirty = (val & S2_WRITE) != 0;
	d->perm = val & S2_READ ? P_KR : 0;
	if (d->dirty || d->hw_dirty)
		d->perm |= P_KW;
	if (!(val & S2_XN0) == !(val & S2_XN1))
		d->perm |= P_KX;
	if (!(val & S2_XN1))
		d->perm |= P_UX;
	d->global = 1;
	d->memtype = (uint8_t)(val >> 2 & 15);
	d->share = (uint8_t)(m->cfg.features & PWM_LPA2 ? 0 : val >> 8 & 3);
}

/* Ignored by the walk: software bits, and the access flag but for what it allows to be cached. */
static uint64_t key(const struct pwm *m, uint64_t val, unsigned int level)
{
	struct dec d;

	decode(m, val, level, &d);
	if (d.kind == K_INVALID)
		return 0;
	if (d.kind == K_TABLE)
		return d.oa | 3 | (uint64_t)d.perm << 56;
	val &= ~(D_SOFT | D_AF | BIT(63));
	return d.cacheable ? val | D_AF : val;
}

/*
 * EL2 without E2H, and EL3: one privilege (D8.4.1, "Data access permissions for stage 1"). AP[1] is
 * RES1 and says nothing of EL0, bit 54 is XN and bit 53 RES0, and so with XNTable and PXNTable.
 * There are no ASIDs: bit 11 is RES0 at EL2, and NSE at EL3, a part of the address space.
 */
static void decode_one(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	bool xn = val & D_UXN;

	decode(m, val, level, d);
	if (d->kind == K_TABLE) {
		d->perm = (uint8_t)((d->perm & P_KW) | (d->perm & P_UX ? P_KX : 0));
		return;
	}
	if (d->kind != K_LEAF)
		return;
	d->perm = leaf_perm(m, (val & ~(D_USER | D_PXN)) | (xn ? D_PXN : 0)) & (P_KR | P_KW | P_KX);
	d->share |= val & D_NG ? 32 : 0;
}

static uint64_t key_one(const struct pwm *m, uint64_t val, unsigned int level)
{
	struct dec d;

	decode_one(m, val, level, &d);
	return d.kind == K_TABLE ? d.oa | 3 | (uint64_t)d.perm << 56 :
				   key(m, val & ~(D_USER | D_PXN), level);
}

static uint64_t key_s2(const struct pwm *m, uint64_t val, unsigned int level)
{
	struct dec d;

	decode_s2(m, val, level, &d);
	return d.kind == K_TABLE ? d.oa | 3 : key(m, val, level);
}

static enum miss covers_combined(const struct pwm *m, const struct op *op, const struct ent *e)
{
	struct dec d;
	uint32_t i;

	decode(m, e->val, e->level, &d);
	i = pwm_ent_find(m, e->va, e->level, e->space, d.kind, e->val, e->hier, 0);
	if (!op->all || !op->stage1 || op->asid != PWM_ANY_ASID)
		return MISS_STAGE2;
	/* it is made again from the stage 2 entry while that is there */
	if (i != NIL && (m->ents[i].live & ~m->ents[i].own) && !op->stage2)
		return MISS_STAGE2;
	return MISS_NONE;
}

/*
 * What TLBI VMALLWS2E1 settles: a page that a guest could write to, and that is as it was but for
 * that. It takes the right from what a TLB holds of stage 2 or of both stages, and nothing else.
 */
static bool differs_in_writing(const struct pwm *m, const struct ent *e)
{
	unsigned int level, hier;
	struct dec a, b;
	uint64_t src, val;

	val = pwm_walk_now(m, &m->spaces[e->space], e->va, e->level, &level, &hier, &src);
	decode_s2(m, e->val, e->level, &a);
	decode_s2(m, val, level, &b);
	return level == e->level && a.kind == K_LEAF && b.kind == K_LEAF && a.oa == b.oa &&
	       a.memtype == b.memtype && a.share == b.share && a.contig == b.contig &&
	       (a.perm & ~P_KW) == b.perm;
}

/* Write-back, of either cache: non-transient, or transient that allocates at all. */
static bool write_back(unsigned int attr)
{
	return attr >> 2 == 3 || (attr >> 2 == 1 && (attr & 3));
}

/*
 * Is the page of memory with the XS attribute, whose accesses may take long? MAIR_EL1 says so:
 * Device is but for 0b0000dd01, and Normal unless it is write-back, or 0x40 or 0xa0. Without a MAIR
 * nobody knows, and it is not.
 */
static bool has_xs(const struct pwm *m, const struct ent *e)
{
	unsigned int attr;
	struct dec d;

	pwm_decode(m, e->space, e->val, e->level, &d);
	if (!m->cfg.mair || d.kind != K_LEAF || m->spaces[e->space].regime == PWM_STAGE2)
		return false;
	attr = d.memtype;
	if (!(attr >> 4))
		return (attr & 3) != 1;
	return attr != 0x40 && attr != 0xa0 && !(write_back(attr >> 4) && write_back(attr & 15));
}

static enum miss covers(const struct pwm *m, const struct op *op, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];

	if (s->regime == PWM_STAGE2 ? op->regime != PWM_EL1 && op->regime != PWM_STAGE2 :
				      op->regime != s->regime)
		return MISS_REGIME;
	if (op->vmid != PWM_ANY_ASID && op->vmid != s->vmid)
		return MISS_VMID;
	if (op->writes)
		return differs_in_writing(m, e) ? MISS_NONE : MISS_WRITES;
	if (e->kind == K_COMBINED)
		return covers_combined(m, op, e);
	if (s->regime == PWM_STAGE2 && !op->stage2)
		return MISS_STAGE2;
	if (s->regime != PWM_STAGE2 && !op->stage1)
		return MISS_STAGE2;
	if (e->global && op->asid != PWM_ANY_ASID && op->all)
		return MISS_GLOBAL;
	if (!e->global && op->asid != PWM_ANY_ASID && op->asid != s->asid)
		return MISS_ASID;
	if (e->kind == K_TABLE && !op->tables)
		return MISS_LAST_LEVEL;
	if (e->kind == K_LEAF && op->level != 0xff && op->level != e->level)
		return MISS_LEVEL;
	if (op->nxs && has_xs(m, e))
		return MISS_XS;
	return MISS_NONE;
}

/* What FEAT_BBM says where nothing but the size changes. */
static const char *size_change(const struct pwm *m, const struct dec *a, const struct dec *b)
{
	switch (m->cfg.bbm) {
	case 0:
		return "A64-BBM-3";
	case 1:
		return a->nt || b->nt ? NULL : "A64-BBM-4";
	case 2:
		return "A64-BBM-5";
	default:
		return NULL;
	}
}

/*
 * D8.17 "Using break-before-make", R_WHZWS. At level 0 of FEAT_BBM a change of size needs no other
 * one to be wrong; at the others it is right when it is the only one.
 */
static const char *conflict(const struct pwm *m, const struct dec *a, unsigned int la,
			    const struct dec *b, unsigned int lb)
{
	uint64_t size = level_size(m, la < lb ? la : lb);
	uint8_t writable = P_KW | P_UW;

	if (la != lb && !m->cfg.bbm)
		return size_change(m, a, b);
	if ((a->share ^ b->share) & (16 | 32))
		return "A64-BBM-8";
	if (a->oa != b->oa && (((a->perm | b->perm) & writable) || !m->cfg.same_contents ||
			       !m->cfg.same_contents(m->cfg.ctx, a->oa, b->oa, size)))
		return "A64-BBM-1";
	if (a->memtype != b->memtype || a->share != b->share)
		return "A64-BBM-2";
	if (!a->global && b->global)
		return "A64-BBM-7";
	if (la != lb)
		return size_change(m, a, b);
	if (a->contig != b->contig && !m->cfg.bbm)
		return "A64-CONT-2";
	return NULL;
}

/* Operands ------------------------------------------------------------------------------------- */

static const struct {
	uint8_t regime, asid, all, tables, stage1, stage2, any_vmid;
} forms[PWM_NR_TLBI] = {
	[PWM_VAE1] = { PWM_EL1, 1, 0, 1, 1, 0, 0 },
	[PWM_VAAE1] = { PWM_EL1, 0, 0, 1, 1, 0, 0 },
	[PWM_VALE1] = { PWM_EL1, 1, 0, 0, 1, 0, 0 },
	[PWM_VAALE1] = { PWM_EL1, 0, 0, 0, 1, 0, 0 },
	[PWM_ASIDE1] = { PWM_EL1, 1, 1, 1, 1, 0, 0 },
	[PWM_VMALLE1] = { PWM_EL1, 0, 1, 1, 1, 0, 0 },
	[PWM_VMALLS12E1] = { PWM_EL1, 0, 1, 1, 1, 1, 0 },
	[PWM_ALLE1] = { PWM_EL1, 0, 1, 1, 1, 1, 1 },
	[PWM_IPAS2E1] = { PWM_STAGE2, 0, 0, 1, 0, 1, 0 },
	[PWM_IPAS2LE1] = { PWM_STAGE2, 0, 0, 0, 0, 1, 0 },
	[PWM_VAE2] = { PWM_EL2, 0, 0, 1, 1, 0, 1 },
	[PWM_VALE2] = { PWM_EL2, 0, 0, 0, 1, 0, 1 },
	[PWM_ALLE2] = { PWM_EL2, 0, 1, 1, 1, 0, 1 },
	[PWM_VAE3] = { PWM_EL3, 0, 0, 1, 1, 0, 1 },
	[PWM_VALE3] = { PWM_EL3, 0, 0, 0, 1, 0, 1 },
	[PWM_ALLE3] = { PWM_EL3, 0, 1, 1, 1, 0, 1 },
	[PWM_VMALLWS2E1] = { PWM_STAGE2, 0, 1, 0, 0, 1, 0 },
	[PWM_PA] = { PWM_NO_REGIME, 0, 1, 0, 0, 0, 1 },
	[PWM_PAL] = { PWM_NO_REGIME, 0, 1, 0, 0, 0, 1 },
	[PWM_PAALL] = { PWM_NO_REGIME, 0, 1, 0, 0, 0, 1 },
};

/* TG of a hint names the granule: 1 is 4K, 2 is 16K, 3 is 64K. */
static bool granule_matches(const struct pwm *m, uint64_t tg)
{
	return tg == (m->cfg.page_lg2 == 12 ? 1u : m->cfg.page_lg2 == 14 ? 2u : 3u);
}

static void by_address(const struct pwm *m, uint64_t x, struct op *op)
{
	uint64_t page = ((uint64_t)1 << m->cfg.page_lg2) - 1, ttl = x >> 44 & 15;

	/* VA[55:12]; what lies above is as bit 55 */
	op->first = (x & (BIT(44) - 1)) << 12;
	if (op->stage1 && (x & BIT(43)))
		op->first |= ~(uint64_t)0 << 56;
	op->first &= ~page;
	op->last = op->first | page;
	if (ttl)
		op->level = granule_matches(m, ttl >> 2) ? 3u - (uint32_t)(ttl & 3) : 0xfe;
}

static void by_range(const struct pwm *m, uint64_t x, struct op *op)
{
	uint64_t num = x >> 39 & 31, scale = x >> 44 & 3, ttl = x >> 37 & 3;
	unsigned int shift = m->cfg.features & PWM_LPA2 ? 16 : m->cfg.page_lg2;

	op->first = (x & (BIT(37) - 1)) << shift;
	if (op->stage1 && (x & BIT(36)))
		op->first |= ~(uint64_t)0 << (37 + shift);
	op->last = op->first + ((num + 1) << (5 * scale + 1 + m->cfg.page_lg2)) - 1;
	if (op->last < op->first)
		op->last = ~(uint64_t)0;
	if (ttl)
		op->level = 3u - (uint32_t)ttl;
	if (!granule_matches(m, x >> 46 & 3)) {
		/* of a granule that nobody uses: an empty range */
		op->first = 1;
		op->last = 0;
	}
}

void pwm_arm64_tlbi(struct pwm *m, const struct pwm_step *s)
{
	uint32_t which = s->kind & 0xff;
	struct op op = {
		.cpus = s->kind & (PWM_IS | PWM_OS) ? m->cpus & ~m->off : CPU_BIT(s->cpu),
		.regime = forms[which].regime,
		.asid = forms[which].asid ? (uint32_t)(s->a >> 48) : PWM_ANY_ASID,
		.vmid = forms[which].any_vmid ? PWM_ANY_ASID : (uint32_t)m->cpu[s->cpu].vmid,
		.level = 0xff,
		.all = forms[which].all,
		.globals = !forms[which].asid,
		.tables = forms[which].tables,
		.stage1 = forms[which].stage1,
		.stage2 = forms[which].stage2,
		.writes = which == PWM_VMALLWS2E1,
		.nxs = (s->kind & PWM_NXS) != 0,
	};

	if (!op.all && s->kind & PWM_RANGED)
		by_range(m, s->a, &op);
	else if (!op.all)
		by_address(m, s->a, &op);
	else
		op.last = ~(uint64_t)0;
	/* an older load that may fault once the page is gone */
	if (m->cpu[s->cpu].ignored_load)
		pwm_say_at(m, "A64-TLBI-2b", PWM_SPURIOUS, op.first, 0, 0, 0, 0);
	m->cpu[s->cpu].ignored_load = 0;
	pwm_maint_run(m, s->cpu, &op);
}

static const char *const rules[R_NR] = {
	[R_STALE] = "A64-TLBI-1",
	[R_INVISIBLE] = "A64-TLBI-2",
	[R_INCOMPLETE] = "A64-TLBI-3",
	[R_UNSYNCED] = "A64-TLBI-4",
	[R_LOCAL] = "A64-TLBI-5",
	[R_ASID] = "A64-TLBI-6",
	[R_GLOBAL] = "A64-TLBI-6",
	[R_TABLE] = "A64-TLBI-7",
	[R_LEVEL] = "A64-TLBI-8",
	[R_RANGE] = "A64-TLBI-9",
	[R_STAGE2] = "A64-TLBI-10",
	[R_REGIME] = "A64-TLBI-11",
	[R_VMID] = "A64-TLBI-11",
	[R_EARLY] = "A64-TLBI-12",
	[R_LINK] = "A64-PUB-1",
	[R_NEW] = "A64-PUB-2",
	[R_NEW_CSE] = "A64-PUB-3",
	[R_NEW_REMOTE] = "A64-PUB-4",
	[R_SPURIOUS] = "A64-SPUR-1",
	[R_LOST_RMW] = "A64-AD-1",
	[R_CLEAN] = "A64-AD-2",
	[R_OLD] = "A64-AD-3",
	[R_FORMAT] = "A64-FMT-1",
	[R_HALF] = "A64-FMT-2",
	[R_WX] = "A64-WX-1",
	[R_ASID_REUSE] = "A64-ROOT-2",
	[R_ROOT] = "A64-ROOT-1",
	[R_CONFIG] = "A64-CFG-1",
	[R_UNCLEAN] = "A64-BBM-9",
	[R_GROUP] = "A64-CONT-1",
	[R_GROUP_DIRTY] = "A64-CONT-4",
	[R_FETCH] = "A64-PUB-5",
	[R_ALIAS_WX] = "A64-WX-2",
	[R_ALIAS_TYPE] = "A64-ALIAS-1",
	[R_WX_STALE] = "A64-WX-3",
	[R_WRITES] = "A64-TLBI-15",
	[R_XS] = "A64-TLBI-14",
};

static const struct arch stage2 = {
	.decode = decode_s2, .key = key_s2, .covers = covers, .conflict = conflict, .rules = rules
};

static const struct arch one_privilege = {
	.decode = decode_one, .key = key_one, .covers = covers, .conflict = conflict, .rules = rules
};

const struct arch pwm_arch_arm64 = { .decode = decode,
				     .key = key,
				     .covers = covers,
				     .conflict = conflict,
				     .rules = rules,
				     .stage2 = &stage2,
				     .one = &one_privilege };
