/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The fields of arm64 descriptors as data, for src/fields/. Levels are ours:
 * bit l of a mask stands for level l, the architecture's 3 - l. What is in no row is RES0 or
 * ignored.
 *
 * Each format is a list of rows, put together from the parts that it has in common with others.
 */
#ifndef PW_FORMAT_ARM64_FIELDS_H
#define PW_FORMAT_ARM64_FIELDS_H

#include <pagewalk/attr.h>
#include <pagewalk/fields.h>

#define PW_A64_FORM   "Arm ARM DDI 0487, D8.3.1 VMSAv8-64 descriptor formats"
#define PW_A64_ATTRS1 "Arm ARM DDI 0487, D8.3.1 Stage 1 attribute fields"
#define PW_A64_ATTRS2 "Arm ARM DDI 0487, D8.3.1 Stage 2 attribute fields"
#define PW_A64_CONTS  "Arm ARM DDI 0487, D8.7.1 The Contiguous bit"

/* In every leaf and every table of either stage. */
#define PW_A64_FIELDS_TYPE(leaves, tables)                                 \
	{ "valid", 0, 0, PW_IN_LEAF, leaves, PW_ATTR_VALID, PW_A64_FORM }, \
		{ "valid", 0, 0, PW_IN_TABLE, tables, 0, PW_A64_FORM },    \
		{ "type", 1, 1, PW_IN_LEAF, leaves, 0, PW_A64_FORM },      \
	{                                                                  \
		"type", 1, 1, PW_IN_TABLE, tables, 0, PW_A64_FORM          \
	}

/* In every leaf of either stage. @groups: levels that have them */
#define PW_A64_FIELDS_BOTH(leaves, groups, attrs)                                               \
	{ "AF", 10, 10, PW_IN_LEAF, leaves, PW_ATTR_ACCESSED, attrs },                          \
		{ "nT", 16, 16, PW_IN_LEAF, (leaves) & ~1u, 0, attrs },                         \
		{ "DBM", 51, 51, PW_IN_LEAF, leaves, PW_ATTR_DBM, attrs },                      \
		{ "Contiguous", 52, 52, PW_IN_LEAF, groups, PW_ATTR_CONTIGUOUS, PW_A64_CONTS }, \
	{                                                                                       \
		"software", 55, 58, PW_IN_LEAF, leaves, 0, attrs                                \
	}

#define PW_A64_FIELDS_S1(leaves, tables, groups)                                               \
	PW_A64_FIELDS_TYPE(leaves, tables), PW_A64_FIELDS_BOTH(leaves, groups, PW_A64_ATTRS1), \
		{ "AttrIndx", 2, 4, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },                    \
		{ "NS", 5, 5, PW_IN_LEAF, leaves, PW_ATTR_NS, PW_A64_ATTRS1 },                 \
		{ "AP[1], PIIndex[0]", 6, 6, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },           \
		{ "AP[2], nDirty", 7, 7, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },               \
		{ "nG, NSE", 11, 11, PW_IN_LEAF, leaves, PW_ATTR_GLOBAL, PW_A64_ATTRS1 },      \
		{ "GP", 50, 50, PW_IN_LEAF, leaves, PW_ATTR_GUARDED, PW_A64_ATTRS1 },          \
		{ "PXN, PIIndex[2]", 53, 53, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },           \
		{ "UXN, XN, PIIndex[3]", 54, 54, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },       \
		{ "PBHA[0]", 59, 59, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },                   \
		{ "PBHA[3:1], POIndex", 60, 62, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS1 },        \
		{ "PXNTable", 59, 59, PW_IN_TABLE, tables, 0, PW_A64_ATTRS1 },                 \
		{ "UXNTable, XNTable", 60, 60, PW_IN_TABLE, tables, 0, PW_A64_ATTRS1 },        \
		{ "APTable", 61, 62, PW_IN_TABLE, tables, 0, PW_A64_ATTRS1 },                  \
	{                                                                                      \
		"NSTable", 63, 63, PW_IN_TABLE, tables, 0, PW_A64_ATTRS1                       \
	}

/* XN[0] is RES0 without FEAT_XNX; bit 50 is RES0, and where a leaf is present-but-invalid our mark
   for that. */
#define PW_A64_FIELDS_S2(leaves, tables, groups)                                               \
	PW_A64_FIELDS_TYPE(leaves, tables), PW_A64_FIELDS_BOTH(leaves, groups, PW_A64_ATTRS2), \
		{ "MemAttr", 2, 5, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS2 },                     \
		{ "S2AP", 6, 7, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS2 },                        \
		{ "FnXS", 11, 11, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS2 },                      \
		{ "(invalid)", 50, 50, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS2 },                 \
		{ "XN", 53, 54, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS2 },                        \
	{                                                                                      \
		"PBHA", 59, 62, PW_IN_LEAF, leaves, 0, PW_A64_ATTRS2                           \
	}

/* Shareability is in the entry where the address leaves room. */
#define PW_A64_FIELDS_SH(leaves, attrs)                  \
	{                                                \
		"SH", 8, 9, PW_IN_LEAF, leaves, 0, attrs \
	}

/* An output address of one level of leaves; the next table's; and what is elsewhere of both. */
#define PW_A64_FIELD_OA(level, first, last)                                              \
	{                                                                                \
		"output address", first, last, PW_IN_LEAF, 1u << (level), 0, PW_A64_FORM \
	}
#define PW_A64_FIELD_NEXT(tables, first, last)                                               \
	{                                                                                    \
		"next-level table address", first, last, PW_IN_TABLE, tables, 0, PW_A64_FORM \
	}
#define PW_A64_FIELDS_HIGH(leaves, tables, first, last, bits)                                     \
	{ "output address" bits, first, last, PW_IN_LEAF, leaves, 0, PW_A64_FORM },               \
	{                                                                                         \
		"next-level table address" bits, first, last, PW_IN_TABLE, tables, 0, PW_A64_FORM \
	}

/* Addresses, by format: @leaves as above, for the same levels in both stages. */
#define PW_A64_FIELDS_4K(tables)                                                            \
	PW_A64_FIELD_OA(0, 12, 47), PW_A64_FIELD_OA(1, 21, 47), PW_A64_FIELD_OA(2, 30, 47), \
		PW_A64_FIELD_NEXT(tables, 12, 47)
#define PW_A64_FIELDS_4K_LPA2(tables)                                                       \
	PW_A64_FIELD_OA(0, 12, 49), PW_A64_FIELD_OA(1, 21, 49), PW_A64_FIELD_OA(2, 30, 49), \
		PW_A64_FIELD_OA(3, 39, 49), PW_A64_FIELD_NEXT(tables, 12, 49),              \
		PW_A64_FIELDS_HIGH(0xfu, tables, 8, 9, "[51:50]")
#define PW_A64_FIELDS_16K(tables) \
	PW_A64_FIELD_OA(0, 14, 47), PW_A64_FIELD_OA(1, 25, 47), PW_A64_FIELD_NEXT(tables, 14, 47)
#define PW_A64_FIELDS_16K_LPA2(tables)                                                      \
	PW_A64_FIELD_OA(0, 14, 49), PW_A64_FIELD_OA(1, 25, 49), PW_A64_FIELD_OA(2, 36, 49), \
		PW_A64_FIELD_NEXT(tables, 14, 49),                                          \
		PW_A64_FIELDS_HIGH(0x7u, tables, 8, 9, "[51:50]")
#define PW_A64_FIELDS_64K(tables) \
	PW_A64_FIELD_OA(0, 16, 47), PW_A64_FIELD_OA(1, 29, 47), PW_A64_FIELD_NEXT(tables, 16, 47)
#define PW_A64_FIELDS_64K_LPA(tables)                                                       \
	PW_A64_FIELD_OA(0, 16, 47), PW_A64_FIELD_OA(1, 29, 47), PW_A64_FIELD_OA(2, 42, 47), \
		PW_A64_FIELD_NEXT(tables, 16, 47),                                          \
		PW_A64_FIELDS_HIGH(0x7u, tables, 12, 15, "[51:48]")

#endif
