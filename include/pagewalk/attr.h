/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Attributes of a mapping in neutral words, and changes to them.
 *
 * These exist only at the API's edge: inside, a change is a pair of raw masks (clear first, then
 * set) for each level, and every run that is read out carries the raw entry as well. Bits that
 * nobody understands are kept. What a format cannot express is PW_EOPNOTSUPP, never dropped.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_ATTR_H
#define PAGEWALK_ATTR_H

#include <pagewalk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Permissions, by privilege. "Privileged" is EL1, or the one privilege of EL2 and EL3. In a
 * regime with a single privilege the _USER bits are not expressible; arm64 stage 2 has one pair of
 * bits for reading and writing, so there PW_PERM_R and PW_PERM_W are both privileges' and of the
 * _USER bits only execution is expressible (with PW_CAP_XNX).
 *
 * Where overlays are on (PW_CAP_POE), these are the rights before an overlay takes some away.
 */
#define PW_PERM_R      0x01u /* privileged read; all arm64 leaves have it, if not by an index */
#define PW_PERM_W      0x02u /* privileged write (also when clean: see PW_ATTR_DBM) */
#define PW_PERM_X      0x04u /* privileged execute */
#define PW_PERM_USER_R 0x08u
#define PW_PERM_USER_W 0x10u
#define PW_PERM_USER_X 0x20u
#define PW_PERM_ALL    0x3fu

/* Other attributes. With PW_CAP_PIE, DBM is whatever may be written. */
#define PW_ATTR_VALID	    0x001u /* clear: present-but-invalid: keeps the rest, no translation */
#define PW_ATTR_GLOBAL	    0x002u /* matches every ASID (nG clear) */
#define PW_ATTR_ACCESSED    0x004u /* the access flag */
#define PW_ATTR_DIRTY	    0x008u /* written since it was last cleaned; arm64: with DBM */
#define PW_ATTR_DBM	    0x010u /* hardware manages the dirty state (DBM): writable when clean */
#define PW_ATTR_CONTIGUOUS  0x020u /* the contiguous hint; set by the engine where PW_CONTIGUOUS */
#define PW_ATTR_GUARDED	    0x040u /* GP: branch target identification */
#define PW_ATTR_NS	    0x080u /* the NS bit of the output address space */
#define PW_ATTR_NSE	    0x100u /* EL3: the NSE bit, with NS one of four address spaces */
#define PW_ATTR_ENCRYPTED   0x200u /* private to the machine; only where there is an enc_mask */
#define PW_ATTR_IGNORE_PAT  0x400u /* EPT: the guest's PAT has no say */
#define PW_ATTR_SUPPRESS_VE 0x800u /* EPT: violations are VM exits, never #VE */
#define PW_ATTR_ALL	    0xfffu

/* Memory types, as resolved through MAIR (or PAT, PBMT). */
enum pw_memtype {
	PW_MEM_INDEX = 0,     /* take struct pw_attr.mem_index as it is */
	PW_MEM_NORMAL,	      /* write-back, read and write allocate */
	PW_MEM_NORMAL_TAGGED, /* the same, with allocation tags */
	PW_MEM_NORMAL_NC,     /* non-cacheable */
	PW_MEM_NORMAL_WT,     /* write-through */
	PW_MEM_DEVICE_nGnRnE,
	PW_MEM_DEVICE_nGnRE,
	PW_MEM_DEVICE_nGRE,
	PW_MEM_DEVICE_GRE,
	PW_MEM_UC_MINUS, /* x86-64: uncacheable, unless the MTRRs say write-combining */
	PW_MEM_WP,	 /* x86-64: write-protected */
	PW_MEM_OTHER,	 /* read only: a type that has no name here; see mem_index */
	PW_NR_MEMTYPES
};

/* Shareability, where the entry holds it (arm64 without LPA2); numbered as the SH field. */
enum pw_share {
	PW_SHARE_NONE = 0,
	PW_SHARE_OUTER = 2,
	PW_SHARE_INNER = 3,
};

/* The attributes of one leaf. */
struct pw_attr {
	uint32_t perm;	    /* PW_PERM_* */
	uint32_t flags;	    /* PW_ATTR_* */
	uint32_t memtype;   /* enum pw_memtype; 0 means: use mem_index */
	uint32_t mem_index; /* arm64 AttrIndx, x86-64 PAT:PCD:PWT, 0 to 7; EPT's memory type; RISC-V
			       PBMT; arm64 stage 2 MemAttr */
	uint32_t share;	    /* enum pw_share; ignored where the entry does not hold it (LPA2) */
	uint32_t soft;	    /* software bits, gathered to the right in the order of their bits */
	uint32_t key;	    /* x86-64 protection key, arm64 overlay index (POIndex): 0 to 15 */
	uint32_t perm_index; /* arm64 with indirect permissions: PIIndex. Which rights it gives
				PIR_ELx says; encoding asks for @perm, and takes this index or
				the next one up (bit by bit) that gives just those */
};

/*
 * A change of attributes: first everything in the clear members is cleared, then everything in
 * the set members is set, so a bit named in both ends up set. The raw members are applied to the
 * entry itself, after the neutral ones were turned into masks, and only on bits that are neither
 * part of the output address nor of the entry's type (PW_EINVAL).
 *
 * arm64 has one bit for writing by both privileges: setting PW_PERM_W on a page that the user may
 * read lets the user write, too. And it marks present-but-invalid with the bit that means
 * non-global in a valid entry: setting PW_ATTR_VALID again leaves the page non-global unless
 * PW_ATTR_GLOBAL is set with it; and PW_ATTR_GLOBAL alone, or a raw_clear of that bit, where a leaf
 * is present-but-invalid and stays so, is PW_EOPNOTSUPP, for the mark would be gone. At EL3 that
 * bit is PW_ATTR_NSE: it changes only together with setting PW_ATTR_VALID, is lost by clearing
 * that, and on a live table is never set.
 *
 * With indirect permissions (PW_CAP_PIE) an entry holds an index, and no change of perm or
 * PW_ATTR_DBM is expressible; the raw members may write another index. Stage 2 with PW_CAP_XNX:
 * name both rights to execute or neither.
 *
 * RISC-V has one set of R, W and X for whom the page belongs to. A change that names all rights
 * (clear PW_PERM_ALL, set those wanted) says whose it is, too. Any other change leaves that alone:
 * PW_PERM_R, W and X are then those bits whoever has them, a user's right is cleared together with
 * the supervisor's, and none is set. To set PW_PERM_W sets PW_PERM_R: there is no writing without
 * reading. Nor is there a page without rights: where one would be left without, or with W alone,
 * the change is PW_EOPNOTSUPP.
 */
struct pw_change {
	uint32_t perm_clear;
	uint32_t perm_set;
	uint32_t flags_clear; /* all of PW_ATTR_* but CONTIGUOUS */
	uint32_t flags_set;
	uint64_t raw_clear;
	uint64_t raw_set;
};

#ifdef __cplusplus
}
#endif
#endif
