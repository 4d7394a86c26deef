// SPDX-License-Identifier: GPL-2.0
/*
 * How programs call socket(): by which numbers, and with the arguments where.
 */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/net.h>
#include <sys/uio.h>

#include "seccomp.h"

/*
 * A 64-bit program may make 32-bit calls, and the other way round. x32's socket()
 * is the native one with a bit more in its number.
 */
const struct abi abis[] = {
#if defined(__x86_64__) || defined(__i386__)
	{ AUDIT_ARCH_X86_64, ~0x40000000U, 41, NO_CALL },
	{ AUDIT_ARCH_I386, ~0U, 359, 102 },
#elif defined(__aarch64__) || defined(__ARM_EABI__)
	{ AUDIT_ARCH_AARCH64, ~0U, 198, NO_CALL },
	{ AUDIT_ARCH_ARM, ~0U, 281, NO_CALL },
#elif defined(__riscv) && __riscv_xlen == 64
	{ AUDIT_ARCH_RISCV64, ~0U, 198, NO_CALL },
#endif
	{ 0, 0, NO_CALL, NO_CALL },	/* no such: an array is not empty */
};

const size_t nabis = sizeof(abis) / sizeof(abis[0]) - 1;

static const struct abi *abi_of(const struct seccomp_data *data)
{
	size_t i;

	for (i = 0; i < nabis; i++)
		if (abis[i].arch == data->arch)
			return &abis[i];
	return NULL;
}

/**
 * call_decode() - what does a program ask for?
 * @data: its system call
 * @call: the arguments, for CALL_REGISTERS
 *
 * Return: where the arguments are, or that it is not socket().
 */
enum call_form call_decode(const struct seccomp_data *data, struct call *call)
{
	const struct abi *abi = abi_of(data);
	uint32_t nr;

	if (!abi)
		return CALL_OTHER;
	nr = (uint32_t)data->nr & abi->mask;
	if (nr == abi->socketcall)
		return (uint32_t)data->args[0] == SYS_SOCKET ? CALL_MEMORY :
							      CALL_OTHER;
	if (nr != abi->socket)
		return CALL_OTHER;
	call->domain = (int)data->args[0];
	call->type = (int)data->args[1];
	call->protocol = (int)data->args[2];
	return CALL_REGISTERS;
}

/**
 * call_read() - the arguments of a CALL_MEMORY
 * @tid: who calls; it has to be asked afterwards whether that still does
 * @data: the system call
 * @call: the arguments
 *
 * This may take as long as the program likes: it may have put its arguments
 * where a process of its own has to answer for the memory.
 *
 * Return: false if they cannot be read.
 */
bool call_read(uint32_t tid, const struct seccomp_data *data,
	       struct call *call)
{
	int32_t args[3];
	struct iovec to = { args, sizeof(args) };
	struct iovec from = { (void *)(uintptr_t)(uint32_t)data->args[1],
			      sizeof(args) };

	if (process_vm_readv(tid, &to, 1, &from, 1, 0) != sizeof(args))
		return false;
	call->domain = args[0];
	call->type = args[1];
	call->protocol = args[2];
	return true;
}
