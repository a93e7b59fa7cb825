/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The rules: what each is called, what to tell the author of the code, and where it stands.
 *
 * Arm ARM: DDI 0487, by the tags of its rules where it has them (sections move between issues).
 * SDM: Intel volume 3A, APM: AMD volume 2. RISC-V: the privileged manual.
 */
#include "private.h"

#define EPT_CACHES "SDM 3C, 28.4.3 (29.4.3)"
#define H_FENCES   "Hypervisor extension, Hypervisor Memory-Management Fence Instructions"
#define D817	   "Arm ARM D8.17 (D8.14, D8.16 in older issues), "

static const struct pwm_rule rules[] = {
	{ "A64-PUB-1", "table linked before its entries are visible",
	  "The table is linked, but its own entries may still be in this CPU's store buffer: a "
	  "walker may read what the page held before. Put dmb ishst, dsb ishst or a store-release "
	  "before the link.",
	  "Arm ARM B2.3, D8.2; published litmus ROT.inv", PWM_ERROR },
	{ "A64-PUB-2", "new mapping used before its store is visible to the walker",
	  "The new entry has not been made visible to table walkers: dsb ishst (or dsb ish; a dsb "
	  "ishld does not count) is missing between the store and the first use.",
	  D817 "R_DDMVT; litmus I2V", PWM_SPURIOUS },
	{ "A64-PUB-3", "new mapping used without context synchronisation",
	  "The store is visible, but this CPU may still use an invalid entry that it read before: "
	  "an isb (or exception return) is missing, unless the CPU has FEAT_ETS2.",
	  "Arm ARM D8.2.6 (FEAT_ETS2); litmus I2V-UP-DSB", PWM_SPURIOUS },
	{ "A64-PUB-4", "mapping made elsewhere, learnt of without a dependency",
	  "Another CPU made this mapping. Plain or acquire loads of the news do not order this "
	  "CPU's walks: an address dependency or an isb is missing here.",
	  "Arm ARM B2.3; litmus MP.RTf.inv", PWM_SPURIOUS },
	{ "A64-PUB-5", "new code fetched without context synchronisation",
	  "The mapping is executable and was made or changed, and this CPU has not synchronised "
	  "its "
	  "context since: an isb on the fetching CPU is missing.",
	  D817 "I_WZCBG", PWM_SPURIOUS },
	{ "A64-SPUR-1", "more rights, but the old ones may still be cached",
	  "The entry gained rights (or its access flag) without an invalidation: a CPU may fault "
	  "once on the old translation. Invalidate, or make sure that the fault is fixed up.",
	  D817 "R_GPPYH; litmus DBchange", PWM_SPURIOUS },
	{ "A64-TLBI-1", "stale translation: no invalidation",
	  "The old entry may still be cached, and no TLBI for it has been issued since it was "
	  "changed.",
	  D817 "R_GPPYH, R_DDMVT; litmus V2I", PWM_ERROR },
	{ "A64-TLBI-2", "TLBI before the store was visible",
	  "The TLBI ran while the store that changed the entry was not visible to all walkers, so "
	  "a "
	  "walker may have cached the old value again right behind it. A dsb ishst belongs between "
	  "the two; dsb ishld, or a non-shareable dsb, is not enough.",
	  D817 "R_DDMVT; litmus V2I-W-DSB.LD-TLBI", PWM_ERROR },
	{ "A64-TLBI-2b", "invalidation may overtake an older load",
	  "An older load of this CPU may still wait for its translation while the TLBI takes it "
	  "away: use dsb ish, not dsb ishst, before the TLBI of a page that goes.",
	  D817 "R_DDMVT", PWM_SPURIOUS },
	{ "A64-TLBI-3", "TLBI not completed",
	  "The TLBI was issued, but no dsb ish followed on the same CPU: other CPUs may still use "
	  "the translation. dsb ishst and dsb ishld do not wait for it, nor does dsb nsh for a "
	  "broadcast, or a dsb nXS for a TLBI that is not nXS.",
	  D817 "R_DDMVT; litmus V2I, second barrier", PWM_ERROR },
	{ "A64-TLBI-4", "TLBI completed, own context not synchronised",
	  "The invalidation has completed on other CPUs, but this one may still use translations "
	  "that it looked up before: an isb is missing after the dsb.",
	  D817 "R_DDMVT; litmus V2I-UP-DSB-TLBI-DSB", PWM_ERROR },
	{ "A64-TLBI-5", "local TLBI, but other CPUs may hold the translation",
	  "The TLBI was not broadcast, and another CPU has run with this address space: use the "
	  "inner-shareable form.",
	  "Arm ARM D8.17, shareability of TLBI; litmus MP.RT.EL1", PWM_ERROR },
	{ "A64-TLBI-6", "TLBI with another ASID",
	  "The TLBI names an ASID that is not the entry's, or is a form by ASID while the entry is "
	  "global: it leaves the entry where it is.",
	  "Arm ARM D8.16, R_NWYRD; litmus CoWinvTa1.1", PWM_ERROR },
	{ "A64-TLBI-7", "last-level TLBI, but a table entry changed",
	  "A table was unlinked or replaced, and the TLBI was a last-level form: cached walks "
	  "still lead to the old table.",
	  "Arm ARM, TLBI VALE1IS", PWM_ERROR },
	{ "A64-TLBI-8", "wrong level or granule hint",
	  "The TTL field of the TLBI names a level at which the stale entry is not: no "
	  "invalidation may take place.",
	  "Arm ARM, TLBI VAE1IS, TTL", PWM_ERROR },
	{ "A64-TLBI-9", "range TLBI does not cover the address",
	  "The range that BADDR, NUM, SCALE and TG encode does not reach the stale entry.",
	  "Arm ARM, TLBI RVAE1IS (FEAT_TLBIRANGE)", PWM_ERROR },
	{ "A64-TLBI-10", "stage 2 change, combined translations not invalidated",
	  "The TLBI by IPA drops stage 2 entries only. Translations that combine both stages stay: "
	  "after it, dsb ish and TLBI VMALLE1IS are owed, in that order.",
	  "Arm ARM D8.17, R_TVTYQ, R_LGSCG; litmus MP.invRT2", PWM_ERROR },
	{ "A64-TLBI-11", "TLBI of another regime or VMID",
	  "The TLBI acts on another translation regime, or ran under another VMID, than the stale "
	  "entry belongs to.",
	  "Arm ARM D8.17; litmus CoWinvTv1.2", PWM_ERROR },
	{ "A64-TLBI-12", "TLBI before the store",
	  "The TLBI was issued before the entry was changed: it did nothing for it.",
	  D817 "R_DDMVT", PWM_ERROR },
	{ "A64-TLBI-13", "erratum: TLBI and dsb are owed twice",
	  "This CPU needs the invalidation and its barrier twice, and got them once.",
	  "the erratum's notice", PWM_ERROR },
	{ "A64-TLBI-14", "TLBI nXS of memory that may be slow",
	  "The page was of memory with the XS attribute, and a TLBI nXS completes while accesses "
	  "to such memory are under way: use the form without nXS, and a dsb without it.",
	  "Arm ARM B2.3, Data Synchronization Barrier; FEAT_XS; MAIR_EL1", PWM_ERROR },
	{ "A64-TLBI-15", "write permission invalidated, but more has changed",
	  "TLBI VMALLWS2E1 takes the right to write from what is cached of stage 2. The page is "
	  "not mapped any more, or otherwise: IPAS2E1IS and VMALLE1IS, or VMALLS12E1IS, are owed.",
	  "Arm ARM, TLBI VMALLWS2E1 (FEAT_TLBIW)", PWM_ERROR },
	{ "A64-BBM-1", "output address of a live entry changed",
	  "The entry was valid and now maps another page: write it invalid, invalidate and "
	  "complete "
	  "that, and write the new value then (break-before-make).",
	  D817 "R_WHZWS", PWM_ERROR },
	{ "A64-BBM-2", "memory type or shareability of a live entry changed",
	  "A CPU may use both types at once: break-before-make is required.", D817 "R_WHZWS",
	  PWM_ERROR },
	{ "A64-BBM-3", "size of a live mapping changed",
	  "A block and a table (or pages) for the same address may be cached together: "
	  "break-before-make is required at FEAT_BBM level 0.",
	  D817 "R_KFLJB", PWM_ERROR },
	{ "A64-BBM-4", "size of a live mapping changed without nT",
	  "At FEAT_BBM level 1 the block must have nT set, and have been invalidated, before its "
	  "size may change.",
	  "Arm ARM D8.17.2", PWM_ERROR },
	{ "A64-BBM-5", "size of a live mapping changed at level 2",
	  "Legal at FEAT_BBM level 2, but until the TLBI an access may take a TLB conflict abort.",
	  D817 "I_HYQMB, R_BLRKC", PWM_UNPRED },
	{ "A64-BBM-7", "global entry over a live non-global one",
	  "The old entry is tagged, the new one is global: a lookup may hit both. Break first.",
	  D817 "R_WHZWS", PWM_ERROR },
	{ "A64-BBM-8", "output address space (NS) of a live entry changed",
	  "Secure and non-secure translations of one address may be cached together: break first.",
	  D817 "I_WZRHR", PWM_ERROR },
	{ "A64-BBM-9", "valid again while the old translation may be cached",
	  "The address was made invalid and valid again, and its old translation was not "
	  "invalidated in between: the TLBI, or its completion, is missing between break and make.",
	  D817 "R_DDMVT; litmus MPV2I2V-no-bbm", PWM_ERROR },
	{ "A64-BBM-12", "store over a value that was never seen",
	  "The entry changed after this CPU loaded it (another CPU, or hardware), and a plain "
	  "store "
	  "overwrites that: compare and swap.",
	  "Arm ARM D8.5, hardware updates", PWM_LOST },
	{ "A64-CONT-1", "contiguous group with a gap",
	  "Some entries of the group have the contiguous bit and others have not, or are not "
	  "valid: "
	  "CONSTRAINED UNPREDICTABLE.",
	  "Arm ARM D8.7.1, R_NGLXZ, R_JQQTC", PWM_UNPRED },
	{ "A64-CONT-2", "contiguous bit of a live entry changed",
	  "At FEAT_BBM level 0 the whole group must be made invalid and invalidated first.",
	  "Arm ARM D8.7.1.1, R_KHRBC", PWM_UNPRED },
	{ "A64-CONT-3", "contiguous group whose entries disagree",
	  "Rights, types or addresses differ within a contiguous group: a CPU may use any of them "
	  "for all of it.",
	  "Arm ARM D8.7.1, R_NGLXZ", PWM_ERROR },
	{ "A64-CONT-4", "age or dirt read from one entry of a group",
	  "Hardware sets access flag and dirty state in any one entry of a contiguous group: look "
	  "at all of them.",
	  "Arm ARM D8.7.1", PWM_LOST },
	{ "A64-CONT-5", "one entry of a group found clean or old, while another is not",
	  "Hardware may have set the access flag or dirty state in any entry of the group: clear "
	  "them in all of it before the range is taken for clean or old.",
	  "Arm ARM D8.7.1", PWM_LOST },
	{ "A64-CONT-6", "TLBI of a part of a contiguous group",
	  "The group is one translation, and the TLBI covered some of its pages only: after "
	  "folding or unfolding, all of its addresses are owed.",
	  "Arm ARM D8.7.1.1; " D817 "R_WHZWS", PWM_ERROR },
	{ "A64-CONT-7", "contiguous bit where there are no groups",
	  "The granule has no contiguous groups at this level: the bit is reserved there.",
	  "Arm ARM D8.7.1", PWM_POLICY },
	{ "A64-AD-1", "plain store over an entry that hardware updates",
	  "Hardware may set the access flag or dirty state between the load and this store, which "
	  "undoes it: use compare-and-swap or an atomic.",
	  "Arm ARM D8.5, I_GXGZY, R_RTBRL", PWM_LOST },
	{ "A64-AD-2", "found clean while a dirty translation is cached",
	  "A CPU with the old, dirty translation goes on writing without making the entry dirty "
	  "again: invalidate before relying on it being clean.",
	  "Arm ARM D8.5", PWM_LOST },
	{ "A64-AD-3", "access flag cleared without invalidation",
	  "A CPU with the old translation does not set the flag again: the page looks older than "
	  "it "
	  "is. Harmless for ageing.",
	  "Arm ARM D8.5", PWM_REDUNDANT },
	{ "A64-ROOT-1", "TTBR written, context not synchronised",
	  "The access may still use the old root: an isb is missing after the write.",
	  "Arm ARM D8.17, context synchronisation of TTBR", PWM_ERROR },
	{ "A64-ROOT-2", "ASID in use for another root",
	  "Translations of the other root with this ASID may be cached: invalidate the ASID on all "
	  "CPUs before it is used again.",
	  "Arm ARM D8.16", PWM_ERROR },
	{ "A64-CFG-1", "translation control changed, nothing invalidated",
	  "TCR, MAIR or SCTLR bits may be held in TLBs: TLBI for all, dsb and isb are owed.",
	  "Arm ARM, \"permitted to be cached in a TLB\"", PWM_ERROR },
	{ "A64-FMT-1", "reserved descriptor", "The encoding is reserved at this level.",
	  "Arm ARM D8.3", PWM_ERROR },
	{ "A64-FMT-2", "entry written in parts",
	  "A walker may see half of the new value: entries are written by one 64-bit store.",
	  "Arm ARM D8.2, single-copy atomicity", PWM_ERROR },
	{ "A64-WX-1", "writable and executable", "One level of privilege may write and execute.",
	  "policy", PWM_POLICY },
	{ "A64-WX-2", "page writable at one address, executable at another",
	  "Two mappings of one page give both rights.", "policy", PWM_POLICY },
	{ "A64-WX-3", "executable while a writable translation is cached",
	  "The page becomes executable while a CPU may still write to it.", "policy", PWM_ERROR },
	{ "A64-ALIAS-1", "two memory types for one page",
	  "Two live mappings of one page differ in memory type.",
	  "Arm ARM B2.16, mismatched attributes", PWM_UNPRED },

	{ "X86-PUB-1", "table linked before its entries are visible",
	  "The table was filled with non-temporal stores and linked without sfence.", "SDM 8.2",
	  PWM_ERROR },
	{ "X86-TLB-1", "stale translation: no invalidation",
	  "The old translation may still be cached, and nothing has invalidated it.",
	  "SDM 4.10.4.2", PWM_ERROR },
	{ "X86-TLB-2", "flushed while the store was still buffered elsewhere",
	  "Another CPU's store to the entry had not drained when this CPU flushed: it may have "
	  "cached the old value again.",
	  "SDM 8.2.2, 4.10.4.2", PWM_ERROR },
	{ "X86-TLB-3", "other CPUs not flushed",
	  "INVLPG and MOV CR3 are local, and another CPU may hold the translation: send an IPI.",
	  "SDM 4.10.5", PWM_ERROR },
	{ "X86-TLB-4", "IPI may overtake the store",
	  "A WRMSR to an x2APIC register is not serialising: mfence and lfence belong before it.",
	  "SDM 10.12.3", PWM_ERROR },
	{ "X86-TLB-5", "INVLPGB without TLBSYNC", "The broadcast invalidation has not completed.",
	  "APM 5.5.3", PWM_ERROR },
	{ "X86-TLB-6", "global translation, but MOV CR3 only",
	  "MOV CR3 and INVPCID type 1 and 3 leave global translations: use INVLPG, CR4.PGE or "
	  "INVPCID type 2.",
	  "SDM 4.10.4.1", PWM_ERROR },
	{ "X86-TLB-7", "another PCID",
	  "The invalidation acts on another PCID than the stale entry has, or CR3 was loaded with "
	  "bit 63 set while its PCID has stale entries.",
	  "SDM 4.10.1, 4.10.4.1", PWM_ERROR },
	{ "X86-TLB-8", "lazy CPU left out",
	  "A CPU in lazy TLB mode may be left out of a shootdown if it flushes before it uses the "
	  "space again, and if no table is freed: speculation may go down into that. Flush when "
	  "the mode is left; send the IPI to every CPU when a table goes.",
	  "SDM 4.10.2, 4.10.5", PWM_ERROR },
	{ "X86-SPUR-1", "more rights, but the old ones may still be cached",
	  "One spurious fault for each CPU and page is possible; of the EPT, one EPT violation.",
	  "SDM 4.10.4.3; 3C, 28.4.3.1", PWM_SPURIOUS },
	{ "X86-AD-1", "found clean while a dirty translation is cached",
	  "The processor does not set D again: flush before relying on it.", "SDM 4.10.4.3",
	  PWM_LOST },
	{ "X86-AD-2", "accessed bit cleared without a flush",
	  "The processor does not set A again until it walks. Harmless for ageing.", "SDM 4.10.4.3",
	  PWM_REDUNDANT },
	{ "X86-AD-3", "plain store over an entry that hardware updates",
	  "The processor sets A and D with locked cycles: use cmpxchg or an atomic.", "SDM 4.8",
	  PWM_LOST },
	{ "X86-AD-4", "dirty without write permission",
	  "With shadow stacks on, such an entry is a shadow-stack page.", "SDM 17.2", PWM_POLICY },
	{ "X86-SIZE-1", "size of a live mapping changed",
	  "Either translation may be used; on some processors a fetch through both raises a "
	  "machine "
	  "check. Clear, flush, then write.",
	  "SDM 4.10.4.2", PWM_UNPRED },
	{ "X86-WALK-1", "table entry changed, paging-structure caches not flushed",
	  "An upper entry may be cached as such: one INVLPG (of any address) or a MOV CR3 is owed "
	  "on "
	  "each CPU, and each leaf must be flushed as well.",
	  "SDM 4.10.2, 4.10.4.1", PWM_ERROR },
	{ "X86-WALK-2", "empty table freed, and its parent entry not flushed",
	  "A table is cached as such whether it maps anything or not: flush before it is freed.",
	  "SDM 4.10.4.4", PWM_ERROR },
	{ "X86-WALK-4", "written to while a walker may reach it",
	  "The page was unlinked and not flushed, and is written to: whatever is in it may be read "
	  "as an entry, reserved bits and all.",
	  "SDM 4.10.2", PWM_ERROR },
	{ "X86-WALK-3", "INVLPG elsewhere while EFER.TCE is set",
	  "With EFER.TCE, INVLPG drops upper entries of its own address only.", "APM 3.1.7, 5.5.2",
	  PWM_ERROR },
	{ "X86-RES-1", "reserved bits set",
	  "The entry would raise #PF with RSVD on the machine that was configured: XD needs "
	  "EFER.NXE, and an address its bits.",
	  "SDM 4.5", PWM_ERROR },
	{ "X86-RES-2", "entry written in parts", "A walker may see half of the new value.",
	  "SDM 8.1.1", PWM_ERROR },
	{ "X86-MT-1", "two memory types for one page",
	  "Two live mappings of one page differ in memory type.", "SDM 11.12.4", PWM_UNPRED },
	{ "X86-WX-1", "writable and executable", "One level of privilege may write and execute.",
	  "policy", PWM_POLICY },
	{ "X86-WX-2", "page writable at one address, executable at another",
	  "Two mappings of one page give both rights.", "policy", PWM_POLICY },
	{ "X86-WX-3", "executable while a writable translation is cached",
	  "The page becomes executable while a CPU may still write to it.", "policy", PWM_ERROR },
	{ "X86-EPT-1", "stale guest-physical translation: no INVEPT",
	  "What the EPT said may still be used, alone or combined with a guest's tables. "
	  "INVEPT is owed when an entry loses a right, or its address, size or type changes.",
	  EPT_CACHES, PWM_ERROR },
	{ "X86-EPT-2", "INVVPID, but the EPT changed",
	  "INVVPID drops a guest's combined translations, and they are made again from the "
	  "guest-physical ones, which it leaves: INVEPT.",
	  EPT_CACHES, PWM_ERROR },
	{ "X86-EPT-3", "other CPUs without INVEPT",
	  "INVEPT is local, and another CPU ran with this EPT pointer: send an IPI.", EPT_CACHES,
	  PWM_ERROR },
	{ "X86-EPT-4", "INVEPT of another EPT pointer",
	  "A single-context INVEPT drops what comes from the root in its descriptor.", EPT_CACHES,
	  PWM_ERROR },
	{ "X86-EPT-5", "EPT misconfiguration",
	  "An access would end in a VM exit that is no EPT violation: write without read, a "
	  "reserved bit or a reserved memory type.",
	  "SDM 3C, 28.3.3.1", PWM_ERROR },
	{ "X86-EPT-6", "accessed and dirty flags of the EPT switched, no INVEPT",
	  "The guest is entered with an EPT pointer whose bit 6 differs from that with which the "
	  "same root was used on this CPU: what is cached of it sets no flags, or sets them. "
	  "INVEPT of the root first.",
	  "SDM 3C, 28.3.5, 28.4.3 (29.3.5, 29.4.3)", PWM_ERROR },
	{ "X86-CR-1", "paging control changed, nothing flushed",
	  "The bits may be held in TLBs: a full flush is owed.", "SDM 4.10.4.1", PWM_ERROR },

	{ "RV-PUB-1", "table linked before its entries are visible",
	  "A fence w,w belongs between filling the table and linking it.", "RVWMO", PWM_ERROR },
	{ "RV-PUB-2", "new mapping used without SFENCE.VMA",
	  "Invalid entries may be cached: this hart needs an SFENCE.VMA (of the G-stage an "
	  "HFENCE.GVMA), or a fault handler that does one and tries again.",
	  "Supervisor ISA, SFENCE.VMA", PWM_SPURIOUS },
	{ "RV-PUB-3", "new mapping, Svvptc",
	  "The fault is possible for a bounded time; trying again is enough.", "Svvptc",
	  PWM_SPURIOUS },
	{ "RV-PUB-4", "new mapping, another hart not fenced",
	  "The other hart may hold the entry as invalid, and nothing there fixes the fault up.",
	  "Supervisor ISA, SFENCE.VMA", PWM_ERROR },
	{ "RV-SPUR-1", "more rights, but the old ones may still be cached",
	  "The old translation may be used until an SFENCE.VMA, of the G-stage an HFENCE.GVMA.",
	  "Supervisor ISA, SFENCE.VMA; hypervisor extension, HFENCE.GVMA", PWM_SPURIOUS },
	{ "RV-TLB-1", "stale translation: no SFENCE.VMA",
	  "Any translation that was valid since the last covering SFENCE.VMA may be used.",
	  "Supervisor ISA, SFENCE.VMA", PWM_ERROR },
	{ "RV-TLB-2", "SFENCE.VMA with an address, but a table entry changed",
	  "With rs1 given, only leaf entries are ordered.", "Supervisor ISA, SFENCE.VMA",
	  PWM_ERROR },
	{ "RV-TLB-3", "SFENCE.VMA with an ASID, but the mapping is global",
	  "With rs2 given, global mappings are not ordered.", "Supervisor ISA, SFENCE.VMA",
	  PWM_ERROR },
	{ "RV-TLB-4", "SFENCE.VMA with another ASID", "It orders another address space.",
	  "Supervisor ISA, SFENCE.VMA", PWM_ERROR },
	{ "RV-TLB-5", "other harts not fenced",
	  "SFENCE.VMA is local: fence, IPI, and SFENCE.VMA on every hart that ran with the space.",
	  "Supervisor ISA, SFENCE.VMA", PWM_ERROR },
	{ "RV-TLB-6", "remote fence before the store was visible",
	  "The other hart fenced before this one's store reached it: a FENCE belongs before the "
	  "IPI.",
	  "RVWMO; Supervisor ISA, SFENCE.VMA", PWM_ERROR },
	{ "RV-TLB-7", "SINVAL.VMA or HINVAL.GVMA not bracketed",
	  "It must stand between SFENCE.W.INVAL and SFENCE.INVAL.IR.", "Svinval", PWM_ERROR },
	{ "RV-TLB-8", "size of a live mapping changed",
	  "It is unpredictable which of the two is used: V=0 and SFENCE.VMA first.",
	  "Supervisor ISA, SFENCE.VMA", PWM_UNPRED },
	{ "RV-SATP-1", "satp written, tables not fenced",
	  "Writing satp orders nothing: SFENCE.VMA is owed for tables that this hart wrote.",
	  "Supervisor ISA, satp", PWM_ERROR },
	{ "RV-SATP-2", "ASID reused, fenced too early or not at all",
	  "Write satp first, then SFENCE.VMA x0, asid: before that, speculation fills from the old "
	  "root.",
	  "Supervisor ISA, satp", PWM_ERROR },
	{ "RV-AD-1", "plain store over an entry that hardware updates",
	  "Hardware sets A and D atomically: use an AMO or LR/SC.", "Svadu", PWM_LOST },
	{ "RV-AD-2", "found clean while a dirty translation is cached",
	  "D is not set again through the old translation: fence before relying on it.",
	  "Supervisor ISA, Sv39", PWM_LOST },
	{ "RV-AD-3", "A or D clear where nothing sets them",
	  "Without Svadu, A=0, or D=0 on a writable page, raises a page fault at the first use.",
	  "Svade", PWM_SPURIOUS },
	{ "RV-AD-5", "accessed bit cleared without SFENCE.VMA", "Harmless for ageing.",
	  "Supervisor ISA, Sv39", PWM_REDUNDANT },
	{ "RV-NAPOT-1", "NAPOT group whose entries disagree",
	  "The 16 entries of a group must be the same but for A and D.", "Svnapot", PWM_UNPRED },
	{ "RV-NAPOT-2", "NAPOT group changed live",
	  "Make all of its entries invalid and fence every page first.", "Svnapot", PWM_UNPRED },
	{ "RV-NAPOT-3", "age or dirt read from one entry of a group",
	  "Hardware sets A and D in any one of them: look at all.", "Svnapot", PWM_LOST },
	{ "RV-FMT-1", "reserved encoding", "The entry raises a page fault.", "Supervisor ISA, Sv39",
	  PWM_ERROR },
	{ "RV-FMT-2", "entry written in parts", "Entries are written by one full-width store.",
	  "Supervisor ISA, Sv39", PWM_ERROR },
	{ "RV-G-1", "global in one space, something else in another",
	  "A global translation may be used in every address space, and this one says something "
	  "else for the address.",
	  "Supervisor ISA, Sv32, G bit", PWM_ERROR },
	{ "RV-WX-1", "writable and executable", "One level of privilege may write and execute.",
	  "policy", PWM_POLICY },
	{ "RV-WX-2", "page writable at one address, executable at another",
	  "Two mappings of one page give both rights.", "policy", PWM_POLICY },
	{ "RV-WX-3", "executable while a writable translation is cached",
	  "The page becomes executable while a hart may still write to it.", "policy", PWM_ERROR },
	{ "RV-ALIAS-1", "two memory types for one page",
	  "Two live mappings of one page differ in PBMT.", "Svpbmt", PWM_UNPRED },
	{ "RV-H-1", "stale guest-physical translation: no HFENCE.GVMA",
	  "What the G-stage said may still be used, alone or combined with a guest's own tables, "
	  "and no HFENCE.GVMA has ordered the change.",
	  H_FENCES, PWM_ERROR },
	{ "RV-H-2", "HFENCE.VVMA, but the G-stage changed",
	  "HFENCE.VVMA orders a guest's own tables. HFENCE.GVMA orders the G-stage, and what was "
	  "combined from it as well.",
	  H_FENCES, PWM_ERROR },
	{ "RV-H-3", "other harts without HFENCE.GVMA",
	  "HFENCE.GVMA is local: fence, IPI, and HFENCE.GVMA on every hart that had the root in "
	  "hgatp.",
	  H_FENCES, PWM_ERROR },
	{ "RV-H-4", "HFENCE.GVMA of another VMID",
	  "The fence orders another virtual machine's translations. Without hgatp.VMID bits, give "
	  "none.",
	  H_FENCES, PWM_ERROR },
	{ "RV-H-5", "HFENCE.GVMA with an address, but a table entry changed",
	  "With rs1 given, only leaf entries are ordered, as by SFENCE.VMA.",
	  "Hypervisor extension, HFENCE.GVMA; Supervisor ISA, SFENCE.VMA", PWM_ERROR },
	{ "RV-H-6", "hgatp written, tables not fenced",
	  "Writing hgatp orders nothing: an HFENCE.GVMA is owed, before or after, for tables that "
	  "this hart wrote.",
	  "Hypervisor extension, hgatp", PWM_ERROR },
	{ "RV-H-7", "VMID reused, not fenced",
	  "Another root had this VMID in hgatp of this hart: HFENCE.GVMA without an address is "
	  "owed, before or after hgatp is written.",
	  "Hypervisor extension, hgatp", PWM_ERROR },
	{ "RV-PMP-1", "PMP or translation control changed, nothing fenced",
	  "SFENCE.VMA x0, x0 is owed.", "Machine ISA, PMP", PWM_ERROR },

	{ "ALL-FREE-1", "table freed while a walker may reach it",
	  "A CPU may hold a pointer to this table: unlink, invalidate (not last-level only), "
	  "complete, and free it then.",
	  "lifetime", PWM_ERROR },
	{ "ALL-FREE-2", "page freed while a translation to it may be cached",
	  "A CPU may still read or write the page after somebody else has it.", "lifetime",
	  PWM_ERROR },
	{ "ALL-FREE-3", "table freed twice", "The page was not handed out as a table.", "lifetime",
	  PWM_ERROR },
	{ "ALL-FREE-4", "table leaked", "The page was handed out and nothing reaches it.",
	  "lifetime", PWM_ERROR },
	{ "ALL-FREE-5", "root freed while a CPU may walk it",
	  "The root is loaded somewhere, or its translations may be cached.", "lifetime",
	  PWM_ERROR },
	{ "ALL-CPU-1", "CPU turned on with what it held before",
	  "A CPU that is off is out of reach of broadcasts and interrupts, and its TLB may keep "
	  "what it has: when it comes back it invalidates everything before its MMU is on.",
	  "Arm ARM D8.17, TLBs after reset; SBI HSM; SDM 9.1.1", PWM_ERROR },
	{ "ALL-LOCK-1", "store over a value that was never seen",
	  "The entry changed after this CPU loaded it, and a plain store overwrites that.",
	  "contract", PWM_LOST },
	{ "ALL-LAZY-1", "promise while a batch is open",
	  "Barriers of the lazy section are still owed: flush before the range is relied on, freed "
	  "or left.",
	  "contract of lazy MMU mode", PWM_ERROR },
	{ "ALL-LAZY-2", "batch left with work undone",
	  "Every disable and pause flushes, nested ones too.", "contract of lazy MMU mode",
	  PWM_ERROR },
	{ "ALL-LAZY-3", "deferred in interrupt context",
	  "Lazy mode is off in interrupts: what the handler stored must be published before it "
	  "returns.",
	  "contract of lazy MMU mode", PWM_ERROR },
	{ "ALL-LAZY-4", "atomic install deferred",
	  "An atomic install may be used at once and may not wait for the batch.",
	  "contract of lazy MMU mode", PWM_ERROR },
	{ "ALL-LAZY-6", "flush does not cover what the batch touched",
	  "An entry outside the flushed range was changed in this batch.",
	  "contract of lazy MMU mode", PWM_ERROR },
	{ "ALL-LAZY-8", "broken and made again in one batch",
	  "The entry was changed in this batch, its old value may still be cached, and a "
	  "conflicting one is stored over it: flush in between.",
	  "contract of lazy MMU mode; break-before-make", PWM_ERROR },
	{ "ALL-LAZY-9", "enable and disable do not balance",
	  "More ends than begins, more than the count can hold, or a section left open.",
	  "contract of lazy MMU mode", PWM_ERROR },
	{ "ALL-API-1", "changed something and failed",
	  "The call returned an error, but stored to a table since it began.", "contract",
	  PWM_ERROR },
	{ "ALL-PERF-1", "maintenance that nothing needs",
	  "Nothing unclean is covered, or nothing happened since the last barrier.", "cost",
	  PWM_REDUNDANT },
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

const struct pwm_rule *pwm_rule_at(uint32_t i)
{
	return i < NR_RULES ? &rules[i] : NULL;
}

const struct pwm_rule *pwm_rule_find(const char *id, size_t len)
{
	size_t i, n;

	for (i = 0; i < NR_RULES; i++) {
		for (n = 0; n < len && rules[i].id[n] == id[n]; n++)
			;
		if (n == len && !rules[i].id[n])
			return &rules[i];
	}
	return NULL;
}

const struct pwm_rule *pwm_rule_of_id(const char *id)
{
	size_t i, n;

	for (i = 0; i < NR_RULES; i++) {
		for (n = 0; id[n] && rules[i].id[n] == id[n]; n++)
			;
		if (!id[n] && !rules[i].id[n])
			return &rules[i];
	}
	return NULL;
}

const char *pwm_class_name(uint32_t cls)
{
	static const char *const names[PWM_NR_CLASSES] = {
		[PWM_ERROR] = "ERROR",	     [PWM_UNPRED] = "UNPRED", [PWM_LOST] = "LOST",
		[PWM_SPURIOUS] = "SPURIOUS", [PWM_POLICY] = "POLICY", [PWM_REDUNDANT] = "PERF",
	};

	return cls && cls < PWM_NR_CLASSES ? names[cls] : "none";
}
