/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * kvm GUEST.ELF [WORD...]: the bare x86-64 guest under KVM, without an emulator in between: what
 * its page faults say is what this machine's processor, or whoever plays it, says. Source: the
 * kernel's Documentation/virt/kvm/api.rst.
 *
 * The guest sees little of a PC: a serial port to write to, a port that ends it, and one through
 * which it asks for KVM_TRANSLATE of an address. It starts as PVH says: 32 bits, flat segments, no
 * paging, EBX the start info.
 *
 * Exit status: the guest's, or 77 (and why) where KVM does not work.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM	       0x10000000ull
#define START_INFO     0x6000u
#define COMMAND_LINE   0x7000u
#define COMMAND_BYTES  0x1000u
#define START_MAGIC    0x336ec578u
#define COM1	       0x3f8u
#define COM1_LSR       0x3fdu
#define LSR_EMPTY      0x20u
#define PORT_EXIT      0xf4u
#define PORT_TRANSLATE 0xf8u
#define ANSWERS	       0x4bu
#define CODE32	       0x08u
#define DATA	       0x10u
#define CANNOT	       77

static uint8_t *ram;
static int vcpu;

static void cannot(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static void broken(const char *what)
{
	printf("kvm: %s\n", what);
	exit(1);
}

static int call(int fd, unsigned long request, void *arg, const char *name)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		cannot(name);
	return ret;
}

/* Segments to where their physical addresses say; the entry point. */
static uint32_t load_elf(const char *path)
{
	FILE *file = fopen(path, "rb");
	Elf64_Phdr seg;
	Elf64_Ehdr elf;

	if (!file || fread(&elf, sizeof(elf), 1, file) != 1 || memcmp(elf.e_ident, ELFMAG, SELFMAG))
		broken("the guest is not an ELF file");
	for (unsigned int i = 0; i < elf.e_phnum; i++) {
		if (fseek(file, (long)(elf.e_phoff + i * sizeof(seg)), SEEK_SET) ||
		    fread(&seg, sizeof(seg), 1, file) != 1)
			broken("a program header is missing");
		if (seg.p_type != PT_LOAD || !seg.p_filesz)
			continue;
		if (seg.p_paddr > RAM || seg.p_memsz > RAM - seg.p_paddr ||
		    seg.p_filesz > seg.p_memsz)
			broken("a segment does not fit");
		if (fseek(file, (long)seg.p_offset, SEEK_SET) ||
		    fread(ram + seg.p_paddr, seg.p_filesz, 1, file) != 1)
			broken("a segment is cut short");
	}
	fclose(file);
	return (uint32_t)elf.e_entry;
}

static void start_info(char **words)
{
	static const uint32_t head[] = { START_MAGIC, 1, 0, 0 };
	char *line = (char *)ram + COMMAND_LINE;
	uint64_t at = COMMAND_LINE;
	size_t len = 0;

	memcpy(ram + START_INFO, head, sizeof(head));
	memcpy(ram + START_INFO + 24, &at, sizeof(at));
	for (; *words; words++) {
		len += (size_t)snprintf(line + len, COMMAND_BYTES - len, "%s ", *words);
		if (len >= COMMAND_BYTES)
			broken("the command line is too long");
	}
}

static void set_cpuid(int kvm)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry[256];
	} id = { .head.nent = 256 };

	call(kvm, KVM_GET_SUPPORTED_CPUID, &id, "KVM_GET_SUPPORTED_CPUID");
	call(vcpu, KVM_SET_CPUID2, &id, "KVM_SET_CPUID2");
}

static void set_registers(uint32_t entry)
{
	struct kvm_segment code = {
		.limit = ~0u, .selector = CODE32, .type = 11, .present = 1, .db = 1, .s = 1, .g = 1
	};
	struct kvm_regs regs = { .rip = entry, .rbx = START_INFO, .rflags = 2 };
	struct kvm_segment data = code;
	struct kvm_sregs s;

	data.selector = DATA;
	data.type = 3;
	call(vcpu, KVM_GET_SREGS, &s, "KVM_GET_SREGS");
	s.cs = code;
	s.ds = s.es = s.fs = s.gs = s.ss = data;
	s.cr0 |= 1; /* PE */
	call(vcpu, KVM_SET_SREGS, &s, "KVM_SET_SREGS");
	call(vcpu, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

/* The guest's struct metal_translation: va, pa, valid. */
static void translate(uint32_t at)
{
	struct kvm_translation t = { 0 };
	uint64_t answer[2];

	if (at > RAM - 24)
		broken("a question from outside of memory");
	memcpy(&t.linear_address, ram + at, 8);
	call(vcpu, KVM_TRANSLATE, &t, "KVM_TRANSLATE");
	answer[0] = t.physical_address;
	answer[1] = t.valid;
	memcpy(ram + at + 8, answer, sizeof(answer));
}

static void port(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	bool out = run->io.direction == KVM_EXIT_IO_OUT;
	uint32_t val = 0;

	if (run->io.count != 1)
		broken("a string of port accesses");
	if (out)
		memcpy(&val, data, run->io.size);
	if (out && run->io.port == COM1) {
		putchar((int)val);
	} else if (out && run->io.port == PORT_EXIT) {
		fflush(stdout);
		exit((int)val);
	} else if (out && run->io.port == PORT_TRANSLATE) {
		translate(val);
	} else if (!out) {
		memset(data, 0, run->io.size);
		*data = run->io.port == COM1_LSR       ? LSR_EMPTY :
			run->io.port == PORT_TRANSLATE ? ANSWERS :
							 0xff;
	}
}

static void run_guest(struct kvm_run *run)
{
	char text[64];

	for (;;) {
		if (ioctl(vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			cannot("KVM_RUN");
		}
		if (run->exit_reason == KVM_EXIT_IO) {
			port(run);
			continue;
		}
		if (run->exit_reason == KVM_EXIT_INTR)
			continue;
		snprintf(text, sizeof(text), "the guest ended with exit reason %u",
			 run->exit_reason);
		broken(text);
	}
}

static void make_vm(const char *path, char **words)
{
	struct kvm_userspace_memory_region region = { .memory_size = RAM };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, len;
	struct kvm_run *run;

	if (kvm < 0)
		cannot("/dev/kvm");
	if (call(kvm, KVM_GET_API_VERSION, NULL, "KVM_GET_API_VERSION") != KVM_API_VERSION)
		broken("an API version of KVM's that this program does not know");
	vm = call(kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		cannot("memory");
	region.userspace_addr = (uintptr_t)ram;
	call(vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	vcpu = call(vm, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	len = call(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
	run = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		cannot("the virtual CPU's memory");
	set_cpuid(kvm);
	set_registers(load_elf(path));
	start_info(words);
	run_guest(run);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: kvm GUEST.ELF [WORD...]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_vm(argv[1], argv + 2);
	return 1;
}
