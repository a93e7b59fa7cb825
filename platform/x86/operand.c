/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/x86_plan.h>

#define RAX_VA_VALID   ((uint64_t)1 << 0)
#define RAX_PCID_VALID ((uint64_t)1 << 1)
#define RAX_ASID_VALID ((uint64_t)1 << 2)
#define RAX_GLOBAL     ((uint64_t)1 << 3)
#define RAX_FINAL      ((uint64_t)1 << 4)
#define RAX_VA	       (~(uint64_t)0xfff)
#define ECX_LARGE      ((uint32_t)1 << 31)
#define ECX_COUNT      0xffffu
#define EDX_PCID_SHIFT 16
#define EDX_PCID       0xfffu

/*
 * The ASID is always given, the host's being 0: without it INVLPGB acts on every guest's entries.
 */
struct pw_x86_invlpgb pw_x86_invlpgb_operand(const struct pw_x86_invlpgb_range *r)
{
	struct pw_x86_invlpgb o = { .rax = RAX_ASID_VALID, .edx = r->asid };

	if (r->nr) {
		o.rax |= RAX_VA_VALID | (r->va.v & RAX_VA);
		o.ecx = ((r->nr - 1) & ECX_COUNT) | (r->large ? ECX_LARGE : 0);
	}
	if (r->has_pcid) {
		o.rax |= RAX_PCID_VALID;
		o.edx |= (uint32_t)(r->pcid & EDX_PCID) << EDX_PCID_SHIFT;
	}
	o.rax |= (r->global ? RAX_GLOBAL : 0) | (r->leaf ? RAX_FINAL : 0);
	return o;
}
