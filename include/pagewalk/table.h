/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The handle: one set of page tables, and all that the engine must know about it.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_TABLE_H
#define PAGEWALK_TABLE_H

#include <pagewalk/attr.h>
#include <pagewalk/err.h>
#include <pagewalk/gather.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_instance; /* a format joined with a kind of environment; see format.h */
struct pw_reshaper; /* what it takes to give leaves other sizes; see format.h */

/* struct pw_table.flags */
#define PW_TABLE_LIVE	    0x1u /* a CPU may be walking it: changes leave debts, order matters */
#define PW_TABLE_UPPER	    0x2u /* the upper half of the address space (TTBR1) */
#define PW_TABLE_NO_WX	    0x4u /* writable and executable pages are refused: PW_EPERM */
/* the bit of enc_mask, when set, means shared (TDX, Arm CCA), not encrypted (SEV) */
#define PW_TABLE_SHARED_BIT 0x8u

/* struct pw_caps.flags: what the CPUs that walk the table can do */
/* the first two are an executor's (pw_arm64_executor.caps), and mean nothing in a handle */
#define PW_CAP_TLBIRANGE     0x01u /* FEAT_TLBIRANGE */
#define PW_CAP_TTL	     0x02u /* FEAT_TTL: level hints */
#define PW_CAP_HAF	     0x04u /* hardware sets the access flag (TCR.HA) */
#define PW_CAP_HD	     0x08u /* hardware manages dirty state (TCR.HD) */
#define PW_CAP_ETS2	     0x10u /* FEAT_ETS2: kept, but no barrier is left out for it */
#define PW_CAP_HPD	     0x20u /* hierarchical permissions are off (TCR.HPDn) */
#define PW_CAP_WXN	     0x40u /* SCTLR.WXN: writable is never executable */
/* the caller handles TLB conflict aborts: FEAT_BBM level 2 may be used */
#define PW_CAP_BBM_ABORTS_OK 0x80u
#define PW_CAP_PIE	     0x0100u /* stage 1: indirect permissions (TCR2_ELx.PIE) */
#define PW_CAP_POE	     0x0200u /* stage 1 permission overlays (TCR2_ELx.POE) */
#define PW_CAP_FWB	     0x0400u /* stage 2: HCR_EL2.FWB, another meaning of MemAttr */
#define PW_CAP_XNX	     0x0800u /* stage 2: FEAT_XNX, execute by privilege */
#define PW_CAP_TBI	     0x1000u /* the top byte is no part of an address (TCR_ELx.TBI) */
/* x86-64, EPT */
#define PW_CAP_NO_NX	     0x002000u /* EFER.NXE is clear: bit 63 is reserved */
#define PW_CAP_NO_WP	     0x004000u /* CR0.WP is clear: supervisors write to read-only pages */
#define PW_CAP_SMEP	     0x008000u /* CR4.SMEP: supervisors never execute user pages */
#define PW_CAP_SMAP	     0x010000u /* CR4.SMAP, with EFLAGS.AC clear: nor read or write them */
#define PW_CAP_MBE	     0x020000u /* EPT: mode-based execute control */
#define PW_CAP_EXEC_ONLY     0x040000u /* EPT: execute without read is not a misconfiguration */
/* RISC-V */
#define PW_CAP_SVADU	     0x0080000u /* hardware sets A and D (menvcfg.ADUE) */
#define PW_CAP_SVNAPOT	     0x0100000u
#define PW_CAP_SVPBMT	     0x0200000u
#define PW_CAP_SVRSW60T59B   0x0400000u
#define PW_CAP_SUM	     0x0800000u /* sstatus.SUM: supervisors read and write user pages */
#define PW_CAP_MXR	     0x1000000u /* sstatus.MXR: what can be executed can be read */
#define PW_CAP_SVVPTC	     0x2000000u /* what becomes valid is seen soon, without a fence */
#define PW_CAP_FIX_UP	     0x4000000u /* the caller's fault handler fences and retries */

struct pw_caps {
	uint32_t flags;	    /* PW_CAP_* */
	uint32_t bbm_level; /* FEAT_BBM level, 0 to 3; x86-64: 2 and 3 say that leaves may change
			       their size in place (no machine check on a superpage multihit) */
};

/* What pw_table_init() wants to know. Zero it, then fill in. */
struct pw_table_config {
	uint32_t size;			    /* sizeof(struct pw_table_config); 0 is refused */
	uint32_t flags;			    /* PW_TABLE_* */
	const struct pw_instance *instance; /* format and kind of environment */
	const struct pw_reshaper *reshaper; /* of the same format, or NULL: without it a leaf that
					       is covered in part, and a live one that has to be
					       broken first, are refused (PW_EBUSY) */
	const struct pw_env *env;	    /* must outlive the handle */
	const struct pw_executor *exec;	    /* for live tables; must outlive the handle */
	struct pw_pa root;		    /* the top table; aligned to its size */
	uint32_t va_bits;		    /* input address size (arm64: 64 - TxSZ; x86-64: 48, 57;
					       RISC-V: 39, 48, 57), both halves of a signed one;
					       0: the most that the format allows */
	uint32_t levels;		    /* of tables (stage 2: by SL0); 0: the fewest possible,
					       with tables side by side at the root */
	uint32_t leaf_levels;		    /* leaves only at levels below this one (a CPU without
					       1 GiB pages: 2); 0: the most */
	uint32_t pa_bits;		    /* output address size; 0: the most */
	uint32_t regime;		    /* enum pw_regime; 0 also: the format's only one */
	uint16_t asid;			    /* tag of non-global entries: ASID, PCID, VMID */
	uint16_t any_asid; /* non-zero: invalidate for every ASID (kernel tables that all address
			      spaces share). A leaf's own global bit is found out without; on
			      RISC-V set this where entries that lead to tables have G, which
			      makes all below them global */
	uint64_t mair;	   /* memory types by index: arm64 MAIR_ELx, x86-64 IA32_PAT */
	uint64_t pir;	   /* with PW_CAP_PIE: PIR_ELx */
	uint64_t pire0;	   /* and PIRE0_ELx */
	uint64_t enc_mask; /* an address bit that says encrypted or shared, in leaves and tables;
			      output addresses end below it, pa_bits may do so further down;
			      0: there is none */
	struct pw_caps caps;
};

/* The handle. Filled in by pw_table_init(), read-only to the caller from then on. */
struct pw_table {
	uint32_t size;	/* sizeof(struct pw_table) */
	uint32_t flags; /* PW_TABLE_* */
	const struct pw_instance *instance;
	const struct pw_reshaper *reshaper;
	const struct pw_env *env;
	const struct pw_executor *exec;
	struct pw_pa root;
	struct pw_va first; /* the addresses it translates, closed */
	struct pw_va last;
	/* 64 bits wide on purpose: loads of narrower fields stall store forwarding */
	uint64_t va_bits; /* of an offset from @first */
	uint64_t levels;  /* the root is level (levels - 1) */
	uint64_t granule_lg2;
	uint64_t index_lg2;   /* entries of a table, as a power of two */
	uint64_t leaf_levels; /* levels that can have leaves: 0 to leaf_levels - 1 */
	uint64_t pa_max;      /* the last output address that an entry can hold */
	uint64_t root_bytes;  /* size of the root table, or of those side by side */
	uint64_t root_skip;   /* its entry for @first: not 0 in the upper half of a signed one */
	uint64_t mair;
	uint64_t pir;
	uint64_t pire0;
	uint64_t enc_mask;
	uint32_t regime;
	uint16_t asid;
	uint16_t any_asid;
	struct pw_caps caps;
};

/*
 * pw_table_init - make a handle for tables that exist, or for a root that is still empty
 * @pt:   to be initialised
 * @cfg:  what it is
 *
 * Reads no table memory. A new root must have been filled with empty entries: all zero is empty
 * in every format.
 *
 * Context:   any.
 * Hardware:  nothing.
 * On error:  @pt is unusable.
 * Return:    0; PW_EINVAL NULL or unset pointers or sizes, unknown flags or bbm_level, an upper
 *            half or a shared bit where there is none, an enc_mask of several bits, a root that is
 *            not aligned to its table, a live table without executor, an environment that lacks
 *            the instance's hooks, or put_table() beside get_table(), or whose mem_first is beyond
 *            mem_last; PW_ERANGE sizes, levels or root beyond the format's
 *            reach; PW_EOPNOTSUPP a regime or an encryption bit that the format does not have,
 *            or a live table of a format without maintenance.
 */
int pw_table_init(struct pw_table *pt, const struct pw_table_config *cfg) PW_MUST_CHECK;

/* Size in bytes of the top table, or of all that lie side by side there (a power of two): what root
   is aligned to. */
uint64_t pw_table_root_size(const struct pw_table *pt);

/* Bytes that one leaf of @level maps, and whether the format allows a leaf there. */
uint64_t pw_table_leaf_size(const struct pw_table *pt, unsigned int level);
bool pw_table_leaf_ok(const struct pw_table *pt, unsigned int level);

/* Entries in a contiguous group of @level, as a power of two; 0 where the format has none. */
unsigned int pw_table_contig_lg2(const struct pw_table *pt, unsigned int level);

/*
 * pw_attr_decode - the attributes of a leaf, from its raw entry
 * @pt:     the handle: regime and MAIR decide what the bits mean
 * @raw:    the entry
 * @level:  its level
 * @attr:   filled in
 *
 * Context:   any.
 * Return:    0; PW_ENOENT the entry is empty, a table, or non-present and not ours;
 *            PW_EDOM a reserved encoding; PW_EINVAL no such level.
 */
int pw_attr_decode(const struct pw_table *pt, uint64_t raw, unsigned int level,
		   struct pw_attr *attr) PW_MUST_CHECK;

/*
 * pw_attr_encode - the raw bits of a leaf with these attributes, output address 0
 * @pt:     the handle
 * @attr:   the attributes
 * @level:  the leaf's level
 * @raw:    filled in
 *
 * Context:   any.
 * Return:    0; PW_EINVAL unknown bits, or no such level; PW_ERANGE a leaf is not possible at
 *            this level; PW_EOPNOTSUPP the format cannot express a combination of permissions,
 *            or MAIR has no index of the memory type.
 */
int pw_attr_encode(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
		   uint64_t *raw) PW_MUST_CHECK;

/*
 * pw_entry_reserved - bits of an entry that must be zero, and are not
 * @pt:     the handle
 * @raw:    the entry
 * @level:  its level
 *
 * Hardware ignores such bits of a valid entry, or may not: they hint at damage, or at a format
 * that was guessed wrong.
 *
 * Context:   any.
 * Return:    the offending bits; 0 for entries that are not valid, and for no such level.
 */
uint64_t pw_entry_reserved(const struct pw_table *pt, uint64_t raw, unsigned int level);

#ifdef __cplusplus
}
#endif
#endif
